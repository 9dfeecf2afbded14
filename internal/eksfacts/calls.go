package eksfacts

// A Call is what IAM is asked whether it allows it.
type Call struct {
	Action   string // "eks:CreateAccessEntry"
	Resource string // ARN
	// Keys are the condition keys that EKS would send along, and their values
	// (Service Authorization Reference, Amazon EKS).
	Keys map[string]string
}
