package ekssim

import "net/http"

// kubeStatus is a Status of the Kubernetes API, its form of a refusal.
type kubeStatus struct {
	Kind       string   `json:"kind"`
	APIVersion string   `json:"apiVersion"`
	Metadata   struct{} `json:"metadata"`
	Status     string   `json:"status"`
	Message    string   `json:"message"`
	Reason     string   `json:"reason"`
	Code       int      `json:"code"`
}

func failure(code int, reason, message string) (int, any) {
	return code, kubeStatus{
		Kind:       "Status",
		APIVersion: "v1",
		Status:     "Failure",
		Message:    message,
		Reason:     reason,
		Code:       code,
	}
}

func unauthorized() (int, any) {
	return failure(http.StatusUnauthorized, "Unauthorized", "Unauthorized")
}

func forbidden(r kubeRequest, u kubeUser) (int, any) {
	return failure(http.StatusForbidden, "Forbidden", r.forbidden(u.Name))
}
