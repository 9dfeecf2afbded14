package ekssim

import "time"

// A kubeCluster is what the Kubernetes API of a cluster shows.
type kubeCluster struct {
	ARN, Version string
	CreatedAt    time.Time
	AWSAuth      string // text of aws-auth; "" if there is none
	Objects      Kubernetes
}
