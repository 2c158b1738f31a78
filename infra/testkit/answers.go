package testkit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

var (
	secretValue = regexp.MustCompile(`"Secret":"[0-9a-f]{64}"`)
	urlValue    = regexp.MustCompile(`"URL":"[^"]*"`)
	md5Value    = regexp.MustCompile(`"(FileMD5|GzipMD5)":"[0-9a-f]{32}"`)
	gzipSize    = regexp.MustCompile(`"GzipSize":[1-9][0-9]*`)
	madeID      = regexp.MustCompile(`"@TGS#[A-Z2-7]{16}"`)
	newApp      = regexp.MustCompile(`"SdkAppId":1[45]\d{8}`)
)

// replaceVarying replaces what differs from one run to the next by placeholders: ids of
// applications, secrets, and what is made of them. An exported file contains the id
// of its application, so its URL, hash and size differ too.
func (w *World) replaceVarying(response string) string {
	response = secretValue.ReplaceAllString(response, `"Secret":"{secret}"`)
	response = urlValue.ReplaceAllString(response, `"URL":"{url}"`)
	response = md5Value.ReplaceAllString(response, `"$1":"{md5}"`)
	response = madeID.ReplaceAllString(response, `"@TGS#{new}"`)
	response = gzipSize.ReplaceAllString(response, `"GzipSize":{n}`)
	response = strings.ReplaceAll(response, fmt.Sprint(w.ID), "{app}")
	return newApp.ReplaceAllString(response, `"SdkAppId":{new}`)
}

// readable returns an answer as a case shows it: the body, after the HTTP status if
// it is not 200, and the sub-protocol if there is one. Through a route of the WebSocket
// API, the frame is shown like an HTTP body: without a status and without its id.
func readable(answer []byte, err error, route string) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var a struct {
		Status int               `json:"statusCode"`
		Header map[string]string `json:"headers"`
		Body   string            `json:"body"`
	}
	if json.Unmarshal(answer, &a) != nil || a.Status == 0 {
		return indent(string(answer))
	}
	if route != "" {
		a.Body = strings.Replace(a.Body, `"id":"7",`, "", 1)
	}
	out := ""
	if a.Status != 200 && route == "" {
		out = fmt.Sprintf("status %d\n", a.Status)
	}
	if p := a.Header["Sec-WebSocket-Protocol"]; p != "" {
		out += "sub-protocol " + p + "\n"
	}
	return out + indent(a.Body)
}

// indent formats JSON of more than 100 bytes: a line for each field of the outermost
// object and for each item of a list that is such a field. Shorter JSON and other
// texts stay as they are.
func indent(text string) string {
	const long = 100
	var top any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if text == "" || dec.Decode(&top) != nil {
		return text
	}
	if len(text) <= long {
		return text + "\n"
	}
	var out strings.Builder
	depth, inString, escaped := 0, false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			if depth == 1 || (depth == 2 && c == '[') {
				out.WriteRune(c)
				out.WriteString("\n" + strings.Repeat("  ", depth))
				continue
			}
		case c == '}' || c == ']':
			depth--
			if depth == 0 || (depth == 1 && c == ']') {
				out.WriteString("\n" + strings.Repeat("  ", depth))
			}
		case c == ',' && depth <= 2:
			out.WriteRune(c)
			out.WriteString("\n" + strings.Repeat("  ", depth))
			continue
		}
		out.WriteRune(c)
	}
	return out.String() + "\n"
}
