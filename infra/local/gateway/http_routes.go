package gateway

import (
	"cmp"
	"slices"
	"strings"

	"parley/infra/local/template"
)

const (
	defaultStage = "$default"
	defaultRoute = "$default"
	anyMethod    = "ANY"
)

// An httpRoute is a route whose path is split into segments.
type httpRoute struct {
	template.HTTPRoute
	key      string
	segments []segment
}

// A segment is one part of a path.
type segment struct {
	kind segmentKind
	name string // the text of a fixed segment, or the name of the variable
}

// The kinds are in the order in which API Gateway prefers them.
type segmentKind int

const (
	fixed segmentKind = iota
	variable
	greedy
)

// httpRoutes finds the route of a request as API Gateway does. Of the routes that match
// path and method, the most specific one wins: the segments are compared from the
// left, and a fixed segment wins over {variable}, which wins over {proxy+}. If the
// paths are equal, a route with the method wins over ANY. $default is used if no other
// route matches. Example: GET /pets/dog/2 is served by GET /pets/dog/{id} and not by
// GET /pets/{proxy+}.
type httpRoutes struct {
	exact    map[string]*httpRoute // "METHOD /path" of paths without variables
	variable []*httpRoute          // with variables, the preferred ones first
	fallback *httpRoute            // $default
}

func newHTTPRoutes(routes []template.HTTPRoute) httpRoutes {
	t := httpRoutes{exact: map[string]*httpRoute{}}
	for _, r := range routes {
		h := &httpRoute{HTTPRoute: r, key: strings.TrimSpace(r.Method + " " + r.Path)}
		if r.Method == "" || r.Path == defaultRoute {
			h.key = defaultRoute
			t.fallback = h
			continue
		}
		h.segments = segments(r.Path)
		if slices.ContainsFunc(h.segments, func(s segment) bool { return s.kind != fixed }) {
			t.variable = append(t.variable, h)
		} else {
			t.exact[h.key] = h
		}
	}
	slices.SortStableFunc(t.variable, comparePreference)
	return t
}

func segments(path string) []segment {
	var all []segment
	for _, part := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		name, ok := strings.CutPrefix(part, "{")
		if !ok {
			all = append(all, segment{fixed, part})
			continue
		}
		name = strings.TrimSuffix(name, "}")
		if base, ok := strings.CutSuffix(name, "+"); ok {
			all = append(all, segment{greedy, base})
		} else {
			all = append(all, segment{variable, name})
		}
	}
	return all
}

// comparePreference is negative if a is preferred over b.
func comparePreference(a, b *httpRoute) int {
	for i := range min(len(a.segments), len(b.segments)) {
		if c := cmp.Compare(a.segments[i].kind, b.segments[i].kind); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(b.segments), len(a.segments)); c != 0 {
		return c
	}
	rank := func(r *httpRoute) int {
		if r.Method == anyMethod {
			return 1
		}
		return 0
	}
	return rank(a) - rank(b)
}

// find returns the route of a request and its path parameters. The route is nil if none
// matches.
func (t *httpRoutes) find(method, path string) (*httpRoute, map[string]string) {
	for _, m := range []string{method, anyMethod} {
		if r := t.exact[m+" "+path]; r != nil {
			return r, nil
		}
	}
	for _, r := range t.variable {
		if r.Method != method && r.Method != anyMethod {
			continue
		}
		if params, ok := r.match(path); ok {
			return r, params
		}
	}
	if t.fallback != nil {
		return t.fallback, nil
	}
	return nil, nil
}

// match reports whether a path matches, and returns its path parameters. {variable}
// matches one part that is not empty. {proxy+} matches the rest of the path, which must
// not be empty.
func (r *httpRoute) match(path string) (map[string]string, bool) {
	params := map[string]string{}
	rest, more := strings.CutPrefix(path, "/")
	for i, s := range r.segments {
		if !more {
			return nil, false
		}
		if s.kind == greedy {
			params[s.name] = rest
			return params, rest != "" && i == len(r.segments)-1
		}
		var part string
		part, rest, more = strings.Cut(rest, "/")
		switch {
		case s.kind == fixed && part != s.name, s.kind == variable && part == "":
			return nil, false
		case s.kind == variable:
			params[s.name] = part
		}
	}
	return params, !more
}
