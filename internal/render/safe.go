package render

import "github.com/eksaccess/eksaccess/internal/render/escape"

// Safe returns s on one line, with everything shown as an escape that could
// drive a terminal, deceive the eye or command a workflow's runner (see
// escape.Text). It is for what the commands print themselves.
func Safe(s string) string { return escape.Text(s) }
