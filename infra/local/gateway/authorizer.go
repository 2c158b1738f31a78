package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"parley/infra/local/template"
)

// defaultSocketTimeout is the timeout of an integration of a WebSocket API if the
// template gives none, in ms.
const defaultSocketTimeout = 29000

// maxContext is how large the context that an authorizer returns may be, in bytes.
const maxContext = 8 << 10

// authorize invokes the authorizer of $connect. It returns the authorizer field of
// the later events of the connection, or the HTTP status that refuses the connection.
func (g *Gateway) authorize(route *template.SocketRoute, event *socketEvent) (json.RawMessage, int) {
	for _, source := range route.Identity {
		if !hasIdentity(source, event) {
			return nil, http.StatusUnauthorized
		}
	}
	started := time.Now()
	arn := fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s", g.options.Region, g.options.Account,
		g.options.Socket.ID, g.options.Socket.Stage, connectRoute)
	payload, err := json.Marshal(authorizerEvent{
		Type: "REQUEST", MethodARN: arn,
		Headers: event.Headers, MultiHeaders: event.MultiHeaders,
		Query: event.Query, MultiQuery: event.MultiQuery,
		StageVariables: map[string]string{}, RequestContext: event.RequestContext,
	})
	if err != nil {
		g.log.Error("authorizer event not encoded", "error", err)
		return nil, http.StatusInternalServerError
	}
	result, err := g.call(route.Authorizer, 0, defaultSocketTimeout, payload)
	if err != nil {
		g.log.Error("authorizer not invoked", "function", route.Authorizer, "error", err)
		return nil, http.StatusInternalServerError
	}
	if result.Failed {
		var failure struct {
			Message string `json:"errorMessage"`
		}
		// An error with exactly this text is a refusal. Any other is a failure.
		if json.Unmarshal(result.Payload, &failure) == nil && failure.Message == "Unauthorized" {
			return nil, http.StatusUnauthorized
		}
		return nil, http.StatusInternalServerError
	}
	context, allowed, err := parsePolicy(result.Payload, arn)
	if err != nil {
		g.log.Error("malformed answer", "function", route.Authorizer, "error", err)
		return nil, http.StatusInternalServerError
	}
	if !allowed {
		return nil, http.StatusForbidden
	}
	context["integrationLatency"] = json.RawMessage(itoa(time.Since(started).Milliseconds()))
	encoded, err := json.Marshal(context)
	if err != nil {
		g.log.Error("authorizer context not encoded", "error", err)
		return nil, http.StatusInternalServerError
	}
	return encoded, 0
}

// hasIdentity reports whether a request has what an IdentitySource expression names.
func hasIdentity(source string, event *socketEvent) bool {
	source = strings.TrimPrefix(source, "$")
	if name, ok := strings.CutPrefix(source, "route.request.querystring."); ok {
		return event.Query[name] != ""
	}
	if name, ok := strings.CutPrefix(source, "route.request.header."); ok {
		for header, value := range event.Headers {
			if strings.EqualFold(header, name) {
				return value != ""
			}
		}
		return false
	}
	// Context variables always exist. There are no stage variables.
	return strings.HasPrefix(source, "context.")
}

// parsePolicy parses the response of an authorizer. It returns the context with the
// principal id, and whether the policy allows arn. Every value of the context becomes
// a string, as on AWS. A Deny that matches wins over every Allow.
func parsePolicy(payload []byte, arn string) (map[string]any, bool, error) {
	var answer struct {
		PrincipalID string `json:"principalId"`
		Policy      *struct {
			Statement statements `json:"Statement"`
		} `json:"policyDocument"`
		Context map[string]any `json:"context"`
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber() // a large number keeps all its digits
	if err := d.Decode(&answer); err != nil {
		return nil, false, err
	}
	if answer.PrincipalID == "" {
		return nil, false, errors.New("principalId is missing")
	}
	if answer.Policy == nil {
		return nil, false, errors.New("policyDocument is missing")
	}
	context, size := map[string]any{"principalId": answer.PrincipalID}, 0
	for _, name := range sortedKeys(answer.Context) {
		text, ok := scalar(answer.Context[name])
		if !ok {
			return nil, false, fmt.Errorf("context %s is neither text, number nor boolean", name)
		}
		context[name] = text
		size += len(name) + len(text)
	}
	if size > maxContext {
		return nil, false, fmt.Errorf("context has %d bytes, more than %d", size, maxContext)
	}
	allowed := false
	for _, s := range answer.Policy.Statement {
		if !s.Action.match("execute-api:Invoke") || !s.Resource.match(arn) {
			continue
		}
		switch s.Effect {
		case "Deny":
			return context, false, nil
		case "Allow":
			allowed = true
		default:
			return nil, false, fmt.Errorf("effect %q is neither Allow nor Deny", s.Effect)
		}
	}
	return context, allowed, nil
}

type statement struct {
	Effect   string   `json:"Effect"`
	Action   patterns `json:"Action"`
	Resource patterns `json:"Resource"`
}

// statements is one statement or a list of them.
type statements []statement

func (s *statements) UnmarshalJSON(b []byte) error {
	if b[0] != '[' {
		*s = make(statements, 1)
		return json.Unmarshal(b, &(*s)[0])
	}
	return json.Unmarshal(b, (*[]statement)(s))
}

// patterns is one pattern or a list of them. A pattern may contain * and ? as in IAM.
type patterns []string

func (p *patterns) UnmarshalJSON(b []byte) error {
	if b[0] != '[' {
		*p = make(patterns, 1)
		return json.Unmarshal(b, &(*p)[0])
	}
	return json.Unmarshal(b, (*[]string)(p))
}

func (p patterns) match(s string) bool {
	for _, pattern := range p {
		if wildcard(pattern, s) {
			return true
		}
	}
	return false
}

// wildcard reports whether a pattern matches a text. After a mismatch it goes back to
// the last star only, so that no pattern makes it slow.
func wildcard(pattern, s string) bool {
	star, starMatch := -1, 0 // position of the last star, and of the text behind its match
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, starMatch = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			starMatch++
			i, j = star+1, starMatch
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
