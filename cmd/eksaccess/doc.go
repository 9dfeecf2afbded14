// Command eksaccess manages access to Amazon EKS clusters from a YAML file.
//
// A file declares the admins and access policies of each cluster. The program
// compares it with the live access entries, shows a plan, and makes only the
// changes of the plan. "eksaccess --help" lists the commands and the exit codes.
//
// Credentials and endpoints are those of the AWS SDK (AWS_PROFILE, AWS_REGION,
// AWS_ENDPOINT_URL and others). NO_COLOR turns color off.
//
// This package turns flags into calls of other packages. It has no facts about
// AWS, no formats and no decisions.
package main
