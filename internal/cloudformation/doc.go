// Package cloudformation writes access entries as templates of AWS
// CloudFormation, with the list that a resource import takes.
//
// The properties are those of AWS::EKS::AccessEntry (CloudFormation template
// reference). It is values in and bytes out; it must not know files, the
// network, or how our own file looks.
package cloudformation
