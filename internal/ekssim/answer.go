package ekssim

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// answer writes what came of the call, or cuts the connection.
func (c *call) answer(w http.ResponseWriter, out any, refusal *awsapi.Error) {
	if c.Lost {
		c.fault.resetConnection(w)
		return
	}
	w.Header().Set("X-Amzn-Requestid", c.RequestID)
	c.server.dateHeader(w)
	if refusal != nil && c.fault != nil && c.fault.Body != "" {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(refusal.Status)
		_, _ = io.WriteString(w, c.fault.Body)
		return
	}
	if c.Service == "eks" {
		c.answerJSON(w, out, refusal)
	} else {
		c.answerXML(w, out, refusal)
	}
}

func (c *call) answerJSON(w http.ResponseWriter, out any, refusal *awsapi.Error) {
	status := http.StatusOK
	if refusal != nil {
		w.Header().Set("X-Amzn-Errortype", refusal.Code)
		status = refusal.Status
		out = c.errorBody(refusal)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	c.send(w, "application/json", status, b.Bytes())
}

// dateHeader tells the time of AWS. net/http would tell this machine's.
func (s *Server) dateHeader(w http.ResponseWriter) {
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
}

// errorMembers are the members that exceptions have besides their message. The
// others have none, and none has the principal. botocore service model
// 2017-11-01.
var errorMembers = map[string][]string{
	"ClientException":                {"clusterName", "nodegroupName"},
	"InvalidParameterException":      {"clusterName", "nodegroupName", "fargateProfileName"},
	"InvalidRequestException":        {"clusterName", "nodegroupName"},
	"InvalidStateException":          {"clusterName"},
	"ResourceInUseException":         {"clusterName", "nodegroupName"},
	"ResourceLimitExceededException": {"clusterName", "nodegroupName"},
	"ResourceNotFoundException":      {"clusterName", "nodegroupName", "fargateProfileName"},
	"ServerException":                {"clusterName", "nodegroupName"},
	"ThrottlingException":            {"clusterName"},
}

func (c *call) errorBody(e *awsapi.Error) map[string]string {
	body := map[string]string{"message": e.Message}
	for _, name := range errorMembers[e.Code] {
		value := c.labels[name]
		if name == "clusterName" {
			value = c.Cluster
		}
		if value != "" {
			body[name] = value
		}
	}
	return body
}

// send gives a client that posted something the time to notice that it is
// done. smithy-go 1.28 closes the request's body when an answer begins; if
// net/http is then still looking for its end it takes that for a failed write
// and closes the connection, under any answer too long to have been read at
// once. AWS is too far away for it; on loopback one call in ten is hit.
func (c *call) send(w http.ResponseWriter, contentType string, status int, body []byte) {
	if _, inProcess := w.(*recorder); !inProcess && c.r.Method == http.MethodPost && len(body) > 2048 {
		c.server.sleep(5 * time.Millisecond)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// resetConnection ends the connection with a reset where there is one to reset; without
// a listener it ends the handler as net/http asks for.
func (f *Fault) resetConnection(w http.ResponseWriter) {
	if r, ok := w.(*recorder); ok {
		r.breakOff(f)
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
