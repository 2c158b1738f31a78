package template

import (
	"fmt"
	"regexp"
	"strings"
)

// noValue is the value of !Ref AWS::NoValue. A property or list item with it is
// removed.
type noValue struct{}

// eval evaluates the intrinsic functions in a value of this stack. id names the
// resource or section in errors.
func (s *stack) eval(id string, v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			for name, arg := range v {
				if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
					return s.intrinsic(id, name, arg)
				}
			}
		}
		out := make(map[string]any, len(v))
		for key, item := range v {
			value, err := s.eval(id, item)
			if err != nil {
				return nil, err
			}
			if _, removed := value.(noValue); !removed {
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
			if _, removed := value.(noValue); !removed {
				out = append(out, value)
			}
		}
		return out, nil
	}
	return v, nil
}

// intrinsic evaluates one intrinsic function, such as Fn::Sub.
func (s *stack) intrinsic(id, name string, arg any) (any, error) {
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
		neutral := name == "Fn::And"
		for _, item := range list {
			if isTrue(item) != neutral {
				return !neutral, nil
			}
		}
		return neutral, nil
	case name == "Fn::Not" && len(list) == 1:
		return !isTrue(list[0]), nil
	case name == "Fn::Join" && len(list) == 2:
		items, ok := list[1].([]any)
		if !ok {
			return nil, s.fail(id, "Fn::Join joins a list; write [separator, [values]]")
		}
		words := make([]string, len(items))
		for i, item := range items {
			words[i] = text(item)
		}
		return s.loader.localize(strings.Join(words, text(list[0]))), nil
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
	return nil, s.fail(id, "%s in this form is not supported by the local cloud; use another or add it to infra/local/template", name)
}

// list evaluates an argument that must be a list of at least so many items.
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

// sub is Fn::Sub.
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
	out := placeholder.ReplaceAllStringFunc(pattern, func(match string) string {
		name := strings.TrimSpace(match[2 : len(match)-1])
		if strings.HasPrefix(name, "!") {
			return "${" + name[1:] + "}" // ${!Literal}
		}
		var value any
		var err error
		if expression, ok := extra[name]; ok {
			value, err = s.eval(id, expression)
		} else if logical, attribute, isAttribute := strings.Cut(name, "."); isAttribute {
			value, err = s.attribute(id, logical, attribute)
		} else {
			value, err = s.ref(id, name)
		}
		if err != nil && failed == nil {
			failed = err
		}
		return text(value)
	})
	return s.loader.localize(out), failed
}

// condition evaluates a named condition.
func (s *stack) condition(id, name string) (bool, error) {
	body, ok := s.conditions[name]
	if !ok {
		return false, s.fail(id, "Conditions has no %s; add it or correct the name", name)
	}
	value, err := s.withoutCycle("condition "+name, id, func() (any, error) { return s.eval(name, body) })
	return isTrue(value), err
}

// withoutCycle calls f. It returns an error if it is called with the same name while
// f runs: then a parameter, condition or output depends on itself.
func (s *stack) withoutCycle(name, id string, f func() (any, error)) (any, error) {
	if s.evaluating[name] {
		return nil, s.fail(id, "%s depends on itself; remove the circular reference", name)
	}
	s.evaluating[name] = true
	defer delete(s.evaluating, name)
	return f()
}

// exists reports whether the conditions of a resource, and of the stacks it is in, are
// true.
func (s *stack) exists(r resource) (bool, error) {
	if s.parent != nil {
		owner := s.parent.resources[s.path[strings.LastIndex(s.path, "/")+1:]]
		if ok, err := s.parent.exists(owner); !ok || err != nil {
			return false, err
		}
	}
	if r.condition == "" {
		return true, nil
	}
	return s.condition(r.id, r.condition)
}

// ref is Ref.
func (s *stack) ref(id, name string) (any, error) {
	switch name {
	case "AWS::NoValue":
		return noValue{}, nil
	case "AWS::Region":
		return s.loader.Region, nil
	case "AWS::AccountId":
		return Account, nil
	case "AWS::Partition":
		return "aws", nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return s.generatedName(""), nil
	case "AWS::StackId":
		return "arn:aws:cloudformation:" + s.loader.Region + ":" + Account + ":stack/" + s.generatedName("") + "/local", nil
	case "AWS::NotificationARNs":
		return []any{}, nil
	}
	if declared, ok := s.parameters[name]; ok {
		return s.withoutCycle("parameter "+name, id, func() (any, error) { return s.parameter(name, declared) })
	}
	if base, ok := strings.CutSuffix(name, ".Alias"); ok && s.resources[base].id != "" {
		return s.attribute(id, base, "Arn")
	}
	if r, ok := s.resources[name]; ok {
		return s.returnValue(r, "")
	}
	return nil, s.fail(id, "%s is neither a parameter nor a resource; correct the name", name)
}

// parameter returns the value of a parameter of this stack.
func (s *stack) parameter(name string, declared any) (any, error) {
	body, _ := declared.(map[string]any)
	value, ok := s.arguments[name]
	switch {
	case ok && s.parent != nil:
		v, err := s.parent.eval(s.path, value)
		if err != nil {
			return nil, err
		}
		value = v
	case !ok && s.parent == nil && s.loader.data != nil && s != s.loader.data && s.loader.data.outputs[name] != nil:
		output, _ := s.loader.data.outputs[name].(map[string]any)
		if condition, conditional := output["Condition"].(string); conditional {
			yes, err := s.loader.data.condition("Outputs."+name, condition)
			if err != nil {
				return nil, err
			}
			if !yes {
				return body["Default"], nil
			}
		}
		return s.loader.data.eval("Outputs."+name, output["Value"])
	case !ok:
		if value, ok = body["Default"]; !ok {
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
		return s.returnValue(r, attribute)
	}
	output, ok := child.outputs[name].(map[string]any)
	if !ok {
		return nil, s.fail(id, "%s has no output %s; add it to %s", logical, name, child.file)
	}
	return child.withoutCycle("output "+name, id, func() (any, error) { return child.eval("Outputs."+name, output["Value"]) })
}

// localize replaces the AWS address of an API of the templates by its local address.
// It returns any other text unchanged. Example:
// "wss://clientsocket.execute-api.us-east-1.amazonaws.com/local" becomes
// "ws://127.0.0.1:8081/local".
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
	base, found := l.apiAddress(id)
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

func (l *loader) apiAddress(api string) (string, bool) {
	for _, s := range l.stacks {
		for _, r := range s.resources {
			if isAPI(r.kind) && apiID(s, r.id) == api {
				if s.isWebSocket(r) {
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
	case nil, noValue:
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

func isTrue(v any) bool {
	yes, ok := v.(bool)
	return ok && yes || text(v) == "true"
}
