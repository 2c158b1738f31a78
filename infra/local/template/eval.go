package template

import (
	"fmt"
	"regexp"
	"strings"
)

// absent is what !Ref AWS::NoValue leaves: the property is not there.
type absent struct{}

// eval resolves the intrinsics of a value in the terms of the stack. id names
// the resource or section for errors.
func (s *stack) eval(id string, v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			for name, arg := range v {
				if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
					return s.call(id, name, arg)
				}
			}
		}
		out := make(map[string]any, len(v))
		for key, item := range v {
			value, err := s.eval(id, item)
			if err != nil {
				return nil, err
			}
			if _, gone := value.(absent); !gone {
				out[key] = value
			}
		}
		return out, nil
	case []any:
		out := make([]any, 0, len(v))
		for _, item := range v {
			value, err := s.eval(id, item)
			if err != nil {
				return nil, err
			}
			if _, gone := value.(absent); !gone {
				out = append(out, value)
			}
		}
		return out, nil
	}
	return v, nil
}

func (s *stack) call(id, name string, arg any) (any, error) {
	switch name {
	case "Ref":
		return s.ref(id, text(arg))
	case "Condition":
		return s.condition(id, text(arg))
	case "Fn::Sub":
		return s.sub(id, arg)
	case "Fn::If":
		list, _ := arg.([]any)
		if len(list) != 3 {
			return nil, s.fail(id, "Fn::If needs a condition and two values; write [Condition, then, else]")
		}
		yes, err := s.condition(id, text(list[0]))
		if err != nil {
			return nil, err
		}
		if yes {
			return s.eval(id, list[1])
		}
		return s.eval(id, list[2])
	}
	if name == "Fn::GetAtt" {
		parts, err := s.list(id, name, arg, 2)
		if err != nil {
			return nil, err
		}
		attribute := text(parts[1])
		if len(parts) == 3 {
			attribute += "." + text(parts[2])
		}
		return s.attribute(id, text(parts[0]), attribute)
	}
	list, err := s.list(id, name, arg, 1)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "Fn::Equals" && len(list) == 2:
		return text(list[0]) == text(list[1]), nil
	case name == "Fn::And", name == "Fn::Or":
		found := name == "Fn::And"
		for _, item := range list {
			if truth(item) != found {
				return !found, nil
			}
		}
		return found, nil
	case name == "Fn::Not" && len(list) == 1:
		return !truth(list[0]), nil
	case name == "Fn::Join" && len(list) == 2:
		items, ok := list[1].([]any)
		if !ok {
			return nil, s.fail(id, "Fn::Join joins a list; write [separator, [values]]")
		}
		words := make([]string, len(items))
		for i, item := range items {
			words[i] = text(item)
		}
		return s.load.localize(strings.Join(words, text(list[0]))), nil
	case name == "Fn::Split" && len(list) == 2:
		var out []any
		for _, word := range strings.Split(text(list[1]), text(list[0])) {
			out = append(out, word)
		}
		return out, nil
	case name == "Fn::Select" && len(list) == 2:
		items, _ := list[1].([]any)
		index, ok := number(list[0])
		if !ok || index < 0 || index >= len(items) {
			return nil, s.fail(id, "Fn::Select asks for item %v of %d; correct the index", list[0], len(items))
		}
		return items[index], nil
	case name == "Fn::FindInMap" && len(list) >= 3:
		value := section(section(s.mappings, text(list[0])), text(list[1]))[text(list[2])]
		if value == nil {
			return nil, s.fail(id, "Mappings has no %s.%s.%s; add it", text(list[0]), text(list[1]), text(list[2]))
		}
		return value, nil
	}
	return nil, s.fail(id, "%s in this form is not read by the local cloud; use another or add it to infra/local/template", name)
}

func (s *stack) list(id, name string, arg any, least int) ([]any, error) {
	value, err := s.eval(id, arg)
	if err != nil {
		return nil, err
	}
	list, ok := value.([]any)
	if !ok || len(list) < least {
		return nil, s.fail(id, "%s needs a list of at least %d; write it so", name, least)
	}
	return list, nil
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}`)

func (s *stack) sub(id string, arg any) (any, error) {
	var extra map[string]any
	if list, ok := arg.([]any); ok {
		if len(list) != 2 {
			return nil, s.fail(id, "Fn::Sub needs a text and a mapping; write [text, {Name: value}]")
		}
		arg = list[0]
		extra, _ = list[1].(map[string]any)
	}
	pattern, ok := arg.(string)
	if !ok {
		return nil, s.fail(id, "Fn::Sub needs a text; write it so")
	}
	var failed error
	out := placeholder.ReplaceAllStringFunc(pattern, func(hit string) string {
		name := strings.TrimSpace(hit[2 : len(hit)-1])
		if strings.HasPrefix(name, "!") {
			return "${" + name[1:] + "}" // ${!Literal}
		}
		var value any
		var err error
		if given, ok := extra[name]; ok {
			value, err = s.eval(id, given)
		} else if logical, attribute, dotted := strings.Cut(name, "."); dotted {
			value, err = s.attribute(id, logical, attribute)
		} else {
			value, err = s.ref(id, name)
		}
		if err != nil && failed == nil {
			failed = err
		}
		return text(value)
	})
	return s.load.localize(out), failed
}

// condition evaluates a named condition.
func (s *stack) condition(id, name string) (bool, error) {
	body, ok := s.conditions[name]
	if !ok {
		return false, s.fail(id, "Conditions has no %s; add it or correct the name", name)
	}
	value, err := s.once("condition "+name, id, func() (any, error) { return s.eval(name, body) })
	return truth(value), err
}

// once evaluates f and refuses to enter it again from within itself.
func (s *stack) once(name, id string, f func() (any, error)) (any, error) {
	if s.busy[name] {
		return nil, s.fail(id, "%s depends on itself; break the circle", name)
	}
	s.busy[name] = true
	defer delete(s.busy, name)
	return f()
}

// present tells whether a resource exists under the conditions.
func (s *stack) present(r resource) (bool, error) {
	if s.parent != nil {
		owner := s.parent.resources[s.path[strings.LastIndex(s.path, "/")+1:]]
		if ok, err := s.parent.present(owner); !ok || err != nil {
			return false, err
		}
	}
	if r.condition == "" {
		return true, nil
	}
	return s.condition(r.id, r.condition)
}

func (s *stack) ref(id, name string) (any, error) {
	switch name {
	case "AWS::NoValue":
		return absent{}, nil
	case "AWS::Region":
		return s.load.Region, nil
	case "AWS::AccountId":
		return Account, nil
	case "AWS::Partition":
		return "aws", nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return s.physical(""), nil
	case "AWS::StackId":
		return "arn:aws:cloudformation:" + s.load.Region + ":" + Account + ":stack/" + s.physical("") + "/local", nil
	case "AWS::NotificationARNs":
		return []any{}, nil
	}
	if declared, ok := s.parameters[name]; ok {
		return s.once("parameter "+name, id, func() (any, error) { return s.parameter(name, declared) })
	}
	if base, ok := strings.CutSuffix(name, ".Alias"); ok && s.resources[base].id != "" {
		return s.attribute(id, base, "Arn")
	}
	if r, ok := s.resources[name]; ok {
		return s.identity(r, "")
	}
	return nil, s.fail(id, "%s is neither a parameter nor a resource; correct the name", name)
}

func (s *stack) parameter(name string, declared any) (any, error) {
	body, _ := declared.(map[string]any)
	value, given := s.given[name]
	switch {
	case given && s.parent != nil:
		v, err := s.parent.eval(s.path, value)
		if err != nil {
			return nil, err
		}
		value = v
	case !given:
		if value, given = body["Default"]; !given {
			return nil, s.fail(name, "has no value; give the parameter a Default or pass it from the parent stack")
		}
	}
	kind, _ := body["Type"].(string)
	if kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<") {
		if line, ok := value.(string); ok {
			var out []any
			for _, word := range strings.Split(line, ",") {
				out = append(out, strings.TrimSpace(word))
			}
			return out, nil
		}
		return value, nil
	}
	if allowed, ok := body["AllowedValues"].([]any); ok {
		for _, a := range allowed {
			if text(a) == text(value) {
				return text(value), nil
			}
		}
		return nil, s.fail(name, "%q is not one of AllowedValues; give one of them", text(value))
	}
	return text(value), nil
}

// attribute is Fn::GetAtt.
func (s *stack) attribute(id, logical, attribute string) (any, error) {
	r, ok := s.resources[logical]
	if !ok {
		return nil, s.fail(id, "%s is not a resource of this file; correct the name", logical)
	}
	name, nested := strings.CutPrefix(attribute, "Outputs.")
	child := s.nested[logical]
	if child == nil || !nested {
		return s.identity(r, attribute)
	}
	output, ok := child.outputs[name].(map[string]any)
	if !ok {
		return nil, s.fail(id, "%s has no output %s; add it to %s", logical, name, child.file)
	}
	return child.once("output "+name, id, func() (any, error) { return child.eval("Outputs."+name, output["Value"]) })
}

// localize turns the address of an API of the templates into the local one.
func (l *loader) localize(value string) string {
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		return value
	}
	host, path, _ := strings.Cut(rest, "/")
	id, domain, _ := strings.Cut(host, ".")
	if !strings.HasPrefix(domain, "execute-api.") {
		return value
	}
	base, found := l.address(id)
	if !found {
		return value
	}
	if scheme == "wss" {
		base = strings.Replace(base, "http", "ws", 1)
	}
	if path == "" {
		return base
	}
	return base + "/" + path
}

func (l *loader) address(api string) (string, bool) {
	for _, s := range l.stacks {
		for _, r := range s.resources {
			if isAPI(r.kind) && apiID(s, r.id) == api {
				if s.socket(r) {
					return l.WebSocket, true
				}
				return l.HTTP, true
			}
		}
	}
	return "", false
}

func text(v any) string {
	switch v := v.(type) {
	case nil, absent:
		return ""
	case string:
		return v
	case []any:
		words := make([]string, len(v))
		for i, item := range v {
			words[i] = text(item)
		}
		return strings.Join(words, ",")
	}
	return fmt.Sprint(v)
}

func truth(v any) bool {
	yes, ok := v.(bool)
	return ok && yes || text(v) == "true"
}
