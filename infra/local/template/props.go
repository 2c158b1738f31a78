package template

import (
	"fmt"
	"strconv"
	"time"
)

// props are the evaluated properties of one resource. The first mistake is
// kept and reported once, so that builders read straight through.
type props struct {
	stack *stack
	id    string
	all   map[string]any
	err   error
}

func (s *stack) props(r resource) *props {
	p := &props{stack: s, id: r.id}
	value, err := s.eval(r.id, r.properties)
	p.err = err
	p.all, _ = value.(map[string]any)
	return p
}

// under is a part of the properties, with the same id.
func (p *props) under(value any) *props {
	m, _ := value.(map[string]any)
	return &props{stack: p.stack, id: p.id, all: m, err: p.err}
}

func (p *props) wrong(format string, args ...any) {
	if p.err == nil {
		p.err = p.stack.fail(p.id, "%s", fmt.Sprintf(format, args...))
	}
}

func (p *props) text(name string) string { return text(p.all[name]) }

func (p *props) need(name string) string {
	value := p.text(name)
	if value == "" {
		p.wrong("has no %s; give it one", name)
	}
	return value
}

func (p *props) flag(name string, fallback bool) bool {
	if _, ok := p.all[name]; !ok {
		return fallback
	}
	return truth(p.all[name])
}

func (p *props) int(name string, fallback int) int {
	value, ok := p.all[name]
	if !ok {
		return fallback
	}
	n, ok := number(value)
	if !ok {
		p.wrong("%s is %q, not a number; correct it", name, text(value))
	}
	return n
}

func (p *props) seconds(name string, fallback int) time.Duration {
	return time.Duration(p.int(name, fallback)) * time.Second
}

func (p *props) words(name string) []string {
	list, ok := p.all[name].([]any)
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

func (p *props) has(name, word string) bool {
	for _, w := range p.words(name) {
		if w == word {
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
