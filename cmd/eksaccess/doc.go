// Command eksaccess says who may get into Amazon EKS clusters.
//
// A file declares the admins and access policies each cluster should have.
// The program compares that with the live access entries, shows a plan, and
// applies only what is needed.
//
//	eksaccess validate   -f clusters.yaml   check files; no network, no credentials
//	eksaccess plan       -f clusters.yaml   what would change, and why
//	eksaccess apply      -f clusters.yaml   change only that
//	eksaccess undo       JOURNAL            take back what a run did
//	eksaccess cleanup    --expired          delete what is past its time; --orphaned: whose principal is gone
//	eksaccess show       FILE               a saved plan, a result or a journal, offline
//	eksaccess recover    --cluster NAME     get one principal back in, and prove it
//	eksaccess doctor     --cluster NAME     why is somebody in or out, and what to do next
//	eksaccess snapshot   --save FILE        what was read, to work from offline
//	eksaccess audit      -f FILE            what is wrong with access
//	eksaccess import     live               make a file of access there is; aws-auth, eksctl, terraform: of theirs
//	eksaccess export     -o terraform       write access for another tool to keep; eksctl, cloudformation
//	eksaccess kubeconfig --cluster NAME     one cluster, user and context for kubectl
//	eksaccess token      --cluster NAME     the credential that kubectl asks for
//
// Exit codes, the first that holds: 1 wrong usage, a wrong file, or every
// cluster failed; 5 some clusters failed; 3 a guard refused; 4 applied, but not
// confirmed by reading back; 2 differences (plan --detailed-exitcode), findings
// (audit --fail-on), or access is missing (doctor); 0 done, or nothing to do.
//
// Credentials and endpoints are the AWS SDK's: AWS_PROFILE, AWS_REGION,
// AWS_ENDPOINT_URL and their kin. NO_COLOR turns colour off.
//
// This package turns flags into calls of the others. It holds no facts of AWS,
// no formats and no decisions.
package main
