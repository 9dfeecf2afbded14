package kubeapi

import "net/http"

// Status is a Status of the Kubernetes API, its form of a refusal.
type Status struct {
	Kind       string   `json:"kind"`
	APIVersion string   `json:"apiVersion"`
	Metadata   struct{} `json:"metadata"`
	Status     string   `json:"status"`
	Message    string   `json:"message"`
	Reason     string   `json:"reason"`
	Code       int      `json:"code"`
}

func Failure(code int, reason, message string) (int, any) {
	return code, Status{
		Kind:       "Status",
		APIVersion: "v1",
		Status:     "Failure",
		Message:    message,
		Reason:     reason,
		Code:       code,
	}
}

func UnauthorizedStatus() (int, any) {
	return Failure(http.StatusUnauthorized, "Unauthorized", "Unauthorized")
}

func Forbidden(r Request, u User) (int, any) {
	return Failure(http.StatusForbidden, "Forbidden", r.forbidden(u.Name))
}
