package template

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Options say where the templates are, and at which addresses the local cloud serves
// what they declare.
type Options struct {
	Root string // file of the root template
	// Data is the file of a second root template, which is deployed before: its outputs are
	// the parameters of the root template with the same names. May be empty.
	Data       string
	Parameters map[string]string // values for parameters of the root template
	StackName  string            // default "parley-local"; physical names begin with it
	Region     string            // default "us-east-1"
	State      string            // folder of seal.key; default the working directory
	HTTP       string            // "http://127.0.0.1:8080": address of the HTTP API
	WebSocket  string            // "http://127.0.0.1:8081": address of the WebSocket API
	SQS        string            // "http://127.0.0.1:9324": address of the queues
}

// Account is the AWS account id of the local cloud.
const Account = "000000000000"

// Load reads the root template and the stacks that it nests.
func Load(o Options) (*Model, error) {
	if o.StackName == "" {
		o.StackName = "parley-local"
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	state, err := filepath.Abs(o.State)
	if err != nil {
		return nil, fmt.Errorf("state directory %s: %w", o.State, err)
	}
	o.State = state
	l := &loader{Options: o, base: filepath.Dir(o.Root)}
	root, err := l.loadStack(o.Root, "", nil)
	if err != nil {
		return nil, err
	}
	stacks := []*stack{root}
	if o.Data != "" {
		if l.data, err = l.loadStack(o.Data, "Data", nil); err != nil {
			return nil, err
		}
		stacks = append(stacks, l.data)
	}
	for _, s := range stacks {
		// A deployment names these two; here they are always the same.
		s.arguments = map[string]any{}
		for name, value := range map[string]string{"Stage": "local", "Architecture": "x86_64"} {
			if _, ok := s.parameters[name]; ok {
				s.arguments[name] = value
			}
		}
	}
	for name, value := range o.Parameters {
		found := false
		for _, s := range stacks {
			if _, ok := s.parameters[name]; ok {
				s.arguments[name], found = value, true
			}
		}
		if !found {
			return nil, root.fail(name, "no such parameter; remove the override or declare it in Parameters")
		}
	}
	return l.build(root)
}

type loader struct {
	Options
	base   string
	data   *stack   // or nil
	stacks []*stack // in the order in which they were read: the root first
}

// A stack is one template file with the values of its parameters.
type stack struct {
	loader     *loader
	file       string // path that errors show
	path       string // logical ids from the root, "" for the root
	parent     *stack
	arguments  map[string]any // values of parameters; expressions of the parent stack, not evaluated yet
	parameters map[string]any
	mappings   map[string]any
	conditions map[string]any
	globals    map[string]any
	outputs    map[string]any
	resources  map[string]resource
	order      []string          // logical ids in the order of the file
	nested     map[string]*stack // by logical id
	evaluating map[string]bool   // what withoutCycle is evaluating now
}

type resource struct {
	id, kind   string
	condition  string
	properties map[string]any
}

func (l *loader) loadStack(file, path string, parent *stack) (*stack, error) {
	displayPath := file
	if rel, err := filepath.Rel(l.base, file); err == nil {
		displayPath = rel
	}
	s := &stack{
		loader: l, file: displayPath, path: path, parent: parent,
		resources: map[string]resource{}, nested: map[string]*stack{}, evaluating: map[string]bool{},
	}
	for p := parent; p != nil; p = p.parent {
		if p.file == displayPath {
			return nil, s.fail("", "nests itself; remove the circular Location")
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, s.fail("", "cannot be read; check its path: %v", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, s.fail("", "is not YAML; correct it: %v", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	if len(doc.Content) == 0 {
		return nil, s.fail("", "is empty; write a template or remove the nested stack")
	}
	value, err := decode(doc.Content[0])
	if err != nil {
		return nil, s.fail("", "%v", err)
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, s.fail("", "is not a mapping; start it with Resources")
	}
	s.parameters, s.mappings = section(root, "Parameters"), section(root, "Mappings")
	s.conditions, s.globals = section(root, "Conditions"), section(root, "Globals")
	s.outputs = section(root, "Outputs")
	l.stacks = append(l.stacks, s)
	s.order = sectionKeys(doc.Content[0], "Resources")
	return s, s.readResources(section(root, "Resources"), filepath.Dir(file))
}

// readResources fills s.resources and loads the nested stacks. It evaluates nothing:
// conditions may depend on parameters whose values come from stacks that are loaded
// later.
func (s *stack) readResources(resources map[string]any, dir string) error {
	for _, id := range s.order {
		body, _ := resources[id].(map[string]any)
		kind, _ := body["Type"].(string)
		if kind == "" {
			return s.fail(id, "has no Type; give it one")
		}
		r := resource{id: id, kind: kind, properties: section(body, "Properties")}
		r.condition, _ = body["Condition"].(string)
		s.resources[id] = r
		var location string
		switch kind {
		case "AWS::Serverless::Application":
			location, _ = r.properties["Location"].(string)
		case "AWS::CloudFormation::Stack":
			location, _ = r.properties["TemplateURL"].(string)
		default:
			continue
		}
		if location == "" || strings.Contains(location, "://") {
			return s.fail(id, "its Location is not a file; nest a file of the repository")
		}
		child, err := s.loader.loadStack(filepath.Join(dir, location), join(s.path, id), s)
		if err != nil {
			return err
		}
		child.arguments = section(r.properties, "Parameters")
		for name := range child.arguments {
			if _, ok := child.parameters[name]; !ok {
				return s.fail(id, "gives the parameter %s, which %s does not declare; remove it or declare it", name, child.file)
			}
		}
		s.nested[id] = child
	}
	return nil
}

func (s *stack) fail(logical, format string, args ...any) error {
	return &Error{File: s.file, Logical: logical, Advice: fmt.Sprintf(format, args...)}
}

// section returns a value that is a mapping, and nil if it is missing.
func section(m map[string]any, name string) map[string]any {
	out, _ := m[name].(map[string]any)
	return out
}

// join joins the path of a stack and the id of what is in it.
func join(stack, id string) string {
	if stack == "" {
		return id
	}
	return stack + "/" + id
}

// sectionKeys returns the keys of a section in the order of the file.
func sectionKeys(doc *yaml.Node, name string) []string {
	for i := 0; i+1 < len(doc.Content); i += 2 {
		if doc.Content[i].Value != name {
			continue
		}
		var out []string
		body := doc.Content[i+1]
		for j := 0; j+1 < len(body.Content); j += 2 {
			out = append(out, body.Content[j].Value)
		}
		return out
	}
	return nil
}

// decode converts a YAML node to maps, slices and scalars. A tag in the short form
// becomes the long form. Example: !Ref X becomes {Ref: X}.
func decode(n *yaml.Node) (any, error) {
	if n.Kind == yaml.AliasNode {
		return decode(n.Alias)
	}
	var value any
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := decode(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			key := n.Content[i].Value
			if _, duplicate := m[key]; duplicate {
				return nil, fmt.Errorf("line %d: %s is given twice; remove one", n.Content[i].Line, key)
			}
			m[key] = v
		}
		value = m
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := decode(c)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		value = list
	default:
		if tag := n.ShortTag(); strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!") {
			value = n.Value
		} else if err := n.Decode(&value); err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		} else if tag == "!!timestamp" {
			value = n.Value // stays text, such as Version: 2012-10-17
		}
	}
	tag := n.Tag
	if !strings.HasPrefix(tag, "!") || strings.HasPrefix(tag, "!!") {
		return value, nil
	}
	name := tag[1:]
	switch name {
	case "Ref", "Condition":
	case "GetAtt":
		if text, ok := value.(string); ok {
			id, attribute, _ := strings.Cut(text, ".")
			value = []any{id, attribute}
		}
		name = "Fn::GetAtt"
	default:
		name = "Fn::" + name
	}
	return map[string]any{name: value}, nil
}
