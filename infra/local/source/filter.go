package source

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A filter is one pattern of FilterCriteria: an object whose fields are patterns
// again, or lists of allowed values. A value is a text or {"prefix": text}; other
// comparisons are not implemented. Example:
// {"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"m"}]}}}} lets through the records
// whose sort key starts with m.
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
				comparison, isComparison := one.(map[string]any)
				_, isText := one.(string)
				if _, prefix := comparison["prefix"].(string); !isText && (!isComparison || len(comparison) != 1 || !prefix) {
					return fmt.Errorf("%s: the local cloud reads texts and prefixes", name)
				}
			}
		default:
			return fmt.Errorf("%s is neither an object nor a list", name)
		}
	}
	return nil
}

// matches reports whether the filter lets a stream record through.
func (f filter) matches(record map[string]any) bool {
	for name, want := range f {
		switch want := want.(type) {
		case map[string]any:
			inner, ok := record[name].(map[string]any)
			if !ok || !filter(want).matches(inner) {
				return false
			}
		case []any:
			text, ok := record[name].(string)
			if pointer, is := record[name].(*string); is && pointer != nil { // as the SDK has it
				text, ok = *pointer, true
			}
			if !ok || !matchesAny(text, want) {
				return false
			}
		}
	}
	return true
}

func matchesAny(text string, list []any) bool {
	for _, want := range list {
		if want == any(text) {
			return true
		}
		if comparison, ok := want.(map[string]any); ok && strings.HasPrefix(text, comparison["prefix"].(string)) {
			return true
		}
	}
	return false
}
