package template

import (
	"fmt"
	"strconv"
	"time"
)

// props are the evaluated properties of one resource. The methods do not return
// errors: they store the first mistake in err, and the caller checks it at the end.
type props struct {
	stack  *stack
	id     string // logical id of the resource, for errors
	values map[string]any
	err    error
}

func (s *stack) props(r resource) *props {
	p := &props{stack: s, id: r.id}
	value, err := s.eval(r.id, r.properties)
	p.err = err
	p.values, _ = value.(map[string]any)
	return p
}

// nestedProps returns a value of p, which is a mapping, as props of its own.
func (p *props) nestedProps(value any) *props {
	m, _ := value.(map[string]any)
	return &props{stack: p.stack, id: p.id, values: m, err: p.err}
}

func (p *props) fail(format string, args ...any) {
	if p.err == nil {
		p.err = p.stack.fail(p.id, "%s", fmt.Sprintf(format, args...))
	}
}

func (p *props) text(name string) string { return text(p.values[name]) }

// required returns the text of a property. It is a mistake if there is none.
func (p *props) required(name string) string {
	value := p.text(name)
	if value == "" {
		p.fail("has no %s; give it one", name)
	}
	return value
}

func (p *props) boolean(name string, fallback bool) bool {
	if _, ok := p.values[name]; !ok {
		return fallback
	}
	return isTrue(p.values[name])
}

func (p *props) int(name string, fallback int) int {
	value, ok := p.values[name]
	if !ok {
		return fallback
	}
	n, ok := number(value)
	if !ok {
		p.fail("%s is %q, not a number; correct it", name, text(value))
	}
	return n
}

func (p *props) seconds(name string, fallback int) time.Duration {
	return time.Duration(p.int(name, fallback)) * time.Second
}

// texts returns the values of a property that is a list or a single value.
func (p *props) texts(name string) []string {
	list, ok := p.values[name].([]any)
	if !ok {
		if one := p.text(name); one != "" {
			return []string{one}
		}
		return nil
	}
	var out []string
	for _, item := range list {
		out = append(out, text(item))
	}
	return out
}

// contains reports whether a property is, or lists, the given text.
func (p *props) contains(name, want string) bool {
	for _, text := range p.texts(name) {
		if text == want {
			return true
		}
	}
	return false
}

func number(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case float64:
		return int(v), v == float64(int(v))
	}
	n, err := strconv.Atoi(text(v))
	return n, err == nil
}
