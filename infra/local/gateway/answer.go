package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// An httpAnswer is the response of a function to an HTTP request.
type httpAnswer struct {
	status  int
	headers map[string]string
	cookies []string
	body    []byte
}

// parseHTTPAnswer parses a response of payload format 2.0. JSON without a statusCode
// is the body of a response with status 200. If that JSON is a string, the body is
// its text. Example: "hello" with the quotes is a response with the body hello.
func parseHTTPAnswer(payload []byte) (httpAnswer, error) {
	var fields map[string]json.RawMessage
	payload = bytes.TrimSpace(payload)
	if len(payload) == 0 || payload[0] != '{' || json.Unmarshal(payload, &fields) != nil || fields["statusCode"] == nil {
		if !json.Valid(payload) {
			return httpAnswer{}, errors.New("it is not JSON")
		}
		body := payload
		var text string
		if payload[0] == '"' && json.Unmarshal(payload, &text) == nil {
			body = []byte(text)
		}
		return httpAnswer{status: 200, headers: map[string]string{"content-type": "application/json"}, body: body}, nil
	}
	a := httpAnswer{headers: map[string]string{}}
	var err error
	if a.status, err = parseStatus(fields["statusCode"]); err != nil {
		return a, err
	}
	if raw := fields["headers"]; raw != nil {
		var headers map[string]any
		if err := json.Unmarshal(raw, &headers); err != nil {
			return a, fmt.Errorf("headers: %w", err)
		}
		for name, value := range headers {
			text, ok := scalar(value)
			if !ok {
				return a, fmt.Errorf("header %s is neither text, number nor boolean", name)
			}
			a.headers[strings.ToLower(name)] = text
		}
	}
	if raw := fields["cookies"]; raw != nil {
		if err := json.Unmarshal(raw, &a.cookies); err != nil {
			return a, fmt.Errorf("cookies: %w", err)
		}
	}
	a.body, err = parseBody(fields)
	return a, err
}

// parseBody returns the body that the fields body and isBase64Encoded say. Both kinds
// of API have these fields.
func parseBody(fields map[string]json.RawMessage) ([]byte, error) {
	var body *string
	if raw := fields["body"]; raw != nil {
		if err := json.Unmarshal(raw, &body); err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
	}
	if body == nil {
		return nil, nil
	}
	var encoded *bool
	if raw := fields["isBase64Encoded"]; raw != nil {
		if err := json.Unmarshal(raw, &encoded); err != nil {
			return nil, fmt.Errorf("isBase64Encoded: %w", err)
		}
	}
	if encoded == nil || !*encoded {
		return []byte(*body), nil
	}
	decoded, err := base64.StdEncoding.DecodeString(*body)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return decoded, nil
}

// parseStatus returns a status, which may also be a string of digits.
func parseStatus(raw json.RawMessage) (int, error) {
	status, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	if err != nil || status < 100 || status > 599 {
		return 0, fmt.Errorf("statusCode %s is not a status", raw)
	}
	return status, nil
}

// scalar converts a JSON string, boolean or number to text as API Gateway does. ok is
// false for any other value.
func scalar(v any) (_ string, ok bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// write sends the response. cors says whether the API has a CORS configuration: then
// the Access-Control headers of the function are dropped, because the gateway sets
// them.
func (a httpAnswer) write(w http.ResponseWriter, cors bool) {
	h := w.Header()
	if _, ok := a.headers["content-type"]; !ok {
		h.Set("Content-Type", "text/plain;charset=utf-8")
	}
	for name, value := range a.headers {
		switch {
		case name == "connection", name == "content-length", name == "transfer-encoding", name == "keep-alive", name == "upgrade":
			// These concern the connection to the client, which the gateway handles.
		case cors && strings.HasPrefix(name, "access-control-"):
		default:
			h.Set(name, value)
		}
	}
	for _, cookie := range a.cookies {
		h.Add("Set-Cookie", cookie)
	}
	status := a.status
	if status < 200 {
		// net/http would treat it as an interim response and wait for another.
		status = http.StatusInternalServerError
	}
	if status != http.StatusNoContent && status != http.StatusNotModified {
		h.Set("Content-Length", itoa(int64(len(a.body))))
	}
	w.WriteHeader(status)
	w.Write(a.body) // an error means that the client has gone
}
