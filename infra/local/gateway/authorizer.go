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

// standardSocket is the timeout of an integration of a WebSocket API, in ms.
const standardSocket = 29000

// maxContext is what an authorizer may hand on.
const maxContext = 8 << 10

// authorize runs the authorizer of $connect. It returns what later events
// carry, or the status that refuses the connection.
func (g *Gateway) authorize(route *template.SocketRoute, p *peer, event *socketEvent) (json.RawMessage, int) {
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
	result, err := g.call(route.Authorizer, 0, standardSocket, payload)
	if err != nil {
		g.log.Error("authorizer not invoked", "function", route.Authorizer, "error", err)
		return nil, http.StatusInternalServerError
	}
	if result.Failed {
		var failure struct {
			Message string `json:"errorMessage"`
		}
		// The one error that means refusal is spelled out.
		if json.Unmarshal(result.Payload, &failure) == nil && failure.Message == "Unauthorized" {
			return nil, http.StatusUnauthorized
		}
		return nil, http.StatusInternalServerError
	}
	handed, allowed, err := parsePolicy(result.Payload, arn)
	if err != nil {
		g.log.Error("malformed answer", "function", route.Authorizer, "error", err)
		return nil, http.StatusInternalServerError
	}
	if !allowed {
		return nil, http.StatusForbidden
	}
	handed["integrationLatency"] = json.RawMessage(itoa(time.Since(started).Milliseconds()))
	encoded, err := json.Marshal(handed)
	if err != nil {
		g.log.Error("authorizer context not encoded", "error", err)
		return nil, http.StatusInternalServerError
	}
	return encoded, 0
}

// hasIdentity tells whether a request carries what an IdentitySource names.
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
	// Context variables are always there, stage variables never.
	return strings.HasPrefix(source, "context.")
}

// parsePolicy reads the answer of an authorizer: whom it saw, what it hands on
// (strings, for whatever scalar it gave) and whether its policy allows arn.
func parsePolicy(payload []byte, arn string) (map[string]any, bool, error) {
	var answer struct {
		PrincipalID string `json:"principalId"`
		Policy      *struct {
			Statement statements `json:"Statement"`
		} `json:"policyDocument"`
		Context map[string]any `json:"context"`
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber() // a number is handed on as it was written
	if err := d.Decode(&answer); err != nil {
		return nil, false, err
	}
	if answer.PrincipalID == "" {
		return nil, false, errors.New("principalId is missing")
	}
	if answer.Policy == nil {
		return nil, false, errors.New("policyDocument is missing")
	}
	handed, size := map[string]any{"principalId": answer.PrincipalID}, 0
	for _, name := range sortedKeys(answer.Context) {
		text, ok := scalar(answer.Context[name])
		if !ok {
			return nil, false, fmt.Errorf("context %s is neither text, number nor boolean", name)
		}
		handed[name] = text
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
			return handed, false, nil
		case "Allow":
			allowed = true
		default:
			return nil, false, fmt.Errorf("effect %q is neither Allow nor Deny", s.Effect)
		}
	}
	return handed, allowed, nil
}

type statement struct {
	Effect   string   `json:"Effect"`
	Action   patterns `json:"Action"`
	Resource patterns `json:"Resource"`
}

// statements are one statement or a list of them.
type statements []statement

func (s *statements) UnmarshalJSON(b []byte) error {
	if b[0] != '[' {
		*s = make(statements, 1)
		return json.Unmarshal(b, &(*s)[0])
	}
	return json.Unmarshal(b, (*[]statement)(s))
}

// patterns are one pattern or a list of them, with * and ? as in IAM.
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

// wildcard matches without backtracking into more than the last star, so that
// no pattern makes it slow.
func wildcard(pattern, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
