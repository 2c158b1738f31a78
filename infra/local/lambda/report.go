package lambda

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Report is the log line that the program writes once for each invocation.
type Report struct {
	Message   string  `json:"msg"`
	Operation string  `json:"operation"`
	Outcome   string  `json:"outcome"`
	Code      int     `json:"code"`
	Error     string  `json:"error"` // why Parley failed, if it did
	Duration  float64 `json:"duration_ms"`
	Cold      bool    `json:"cold"`
	W         float64 `json:"W"`
	R         float64 `json:"R"`
	S         float64 `json:"S"`
	L         float64 `json:"L"`
	P         float64 `json:"P"`
}

// ParseReport parses a line that an instance wrote. ok is false if the line is
// not a report.
func ParseReport(line string) (_ Report, ok bool) {
	var r Report
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &r, jsontext.AllowDuplicateNames(true)) != nil || r.Message != "call" {
		return Report{}, false
	}
	return r, true
}
