terraform {
  required_version = ">= 1.5.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.33.0"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}

# prod (111122223333, eu-west-1)

resource "aws_eks_access_entry" "prod_PaymentsDev" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PaymentsDev_0123456789abcdef"
  user_name         = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_PaymentsDev_0123456789abcdef/{{SessionName}}"
  kubernetes_groups = []
}

import {
  to = aws_eks_access_entry.prod_PaymentsDev
  id = "prod:arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PaymentsDev_0123456789abcdef"
}

resource "aws_eks_access_policy_association" "prod_PaymentsDev_Edit" {
  cluster_name  = aws_eks_access_entry.prod_PaymentsDev.cluster_name
  principal_arn = aws_eks_access_entry.prod_PaymentsDev.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"

  access_scope {
    type       = "namespace"
    namespaces = ["payments", "payments-*"]
  }
}

import {
  to = aws_eks_access_policy_association.prod_PaymentsDev_Edit
  id = "prod#arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PaymentsDev_0123456789abcdef#arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
}

resource "aws_eks_access_policy_association" "prod_PaymentsDev_View" {
  cluster_name  = aws_eks_access_entry.prod_PaymentsDev.cluster_name
  principal_arn = aws_eks_access_entry.prod_PaymentsDev.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"

  access_scope {
    type = "cluster"
  }
}

import {
  to = aws_eks_access_policy_association.prod_PaymentsDev_View
  id = "prod#arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PaymentsDev_0123456789abcdef#arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
}

resource "aws_eks_access_entry" "prod_nodes" {
  cluster_name  = "prod"
  principal_arn = "arn:aws:iam::111122223333:role/nodes"
  type          = "EC2_LINUX"
}

import {
  to = aws_eks_access_entry.prod_nodes
  id = "prod:arn:aws:iam::111122223333:role/nodes"
}

resource "aws_eks_access_entry" "prod_odd" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::111122223333:role/odd"
  user_name         = "odd:{{SessionName}}"
  kubernetes_groups = ["$${aws_iam_role.x.arn}", "%%{ if true }", "a\"b"]
  tags = {
    "cost center" = "42"
    team          = "payments"
  }
}

import {
  to = aws_eks_access_entry.prod_odd
  id = "prod:arn:aws:iam::111122223333:role/odd"
}

resource "aws_eks_access_entry" "prod_platform-admin" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::111122223333:role/platform-admin"
  user_name         = "arn:aws:sts::111122223333:assumed-role/platform-admin/{{SessionName}}"
  kubernetes_groups = []
  tags = {
    team = "platform"
  }
}

import {
  to = aws_eks_access_entry.prod_platform-admin
  id = "prod:arn:aws:iam::111122223333:role/platform-admin"
}

resource "aws_eks_access_policy_association" "prod_platform-admin_ClusterAdmin" {
  cluster_name  = aws_eks_access_entry.prod_platform-admin.cluster_name
  principal_arn = aws_eks_access_entry.prod_platform-admin.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

  access_scope {
    type = "cluster"
  }
}

import {
  to = aws_eks_access_policy_association.prod_platform-admin_ClusterAdmin
  id = "prod#arn:aws:iam::111122223333:role/platform-admin#arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
}
