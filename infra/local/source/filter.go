package source

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A filter is a pattern of FilterCriteria: an object whose fields are patterns,
// or lists of what a text may be. Of the comparisons, texts and prefixes are
// read.
type filter map[string]any

func parseFilters(patterns []string) ([]filter, error) {
	var out []filter
	for _, text := range patterns {
		var f filter
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			return nil, fmt.Errorf("filter %q: %w", text, err)
		}
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("filter %q: %w", text, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func (f filter) check() error {
	for name, want := range f {
		switch want := want.(type) {
		case map[string]any:
			if err := filter(want).check(); err != nil {
				return err
			}
		case []any:
			for _, one := range want {
				rule, isRule := one.(map[string]any)
				_, isText := one.(string)
				if _, prefix := rule["prefix"].(string); !isText && (!isRule || len(rule) != 1 || !prefix) {
					return fmt.Errorf("%s: the local cloud reads texts and prefixes", name)
				}
			}
		default:
			return fmt.Errorf("%s is neither an object nor a list", name)
		}
	}
	return nil
}

// fits reports whether a change has what the filter asks for.
func (f filter) fits(change map[string]any) bool {
	for name, want := range f {
		switch want := want.(type) {
		case map[string]any:
			inner, ok := change[name].(map[string]any)
			if !ok || !filter(want).fits(inner) {
				return false
			}
		case []any:
			if text, ok := change[name].(string); !ok || !oneOf(text, want) {
				return false
			}
		}
	}
	return true
}

func oneOf(text string, list []any) bool {
	for _, want := range list {
		if want == any(text) {
			return true
		}
		if rule, ok := want.(map[string]any); ok && strings.HasPrefix(text, rule["prefix"].(string)) {
			return true
		}
	}
	return false
}
