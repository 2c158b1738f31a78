package sam

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Stage copies a template and its nested templates into a folder. It changes the copies so that
// functions run on this machine:
//
//   - the architecture is that of this machine,
//   - the code is the given folder, and not an archive that is unpacked for each invocation,
//   - the given variables are declared, because SAM CLI sets only variables that a template
//     declares.
//
// It returns the path of the copy.
func Stage(template, dir, code string, variables []string) (string, error) {
	code, err := filepath.Abs(code)
	if err != nil {
		return "", err
	}
	s := stage{from: filepath.Dir(template), to: dir, code: code, variables: variables}
	name := filepath.Base(template)
	return filepath.Join(dir, name), s.file(name)
}

// stage copies templates from a folder to another one.
type stage struct {
	from, to, code string
	variables      []string
}

// file copies one template, by its path from the root template.
func (s stage) file(name string) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("the template %s is outside the folder of the root template", name)
	}
	text, err := os.ReadFile(filepath.Join(s.from, name))
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return fmt.Errorf("%s is not a template", name)
	}
	resources := child(doc.Content[0], "Resources")
	for i := 1; i < len(resources.Content); i += 2 {
		r := resources.Content[i]
		properties := child(r, "Properties")
		switch child(r, "Type").Value {
		case "AWS::Serverless::Function":
			s.function(properties)
		case "AWS::Serverless::Application":
			location := child(properties, "Location").Value
			if location == "" || strings.Contains(location, "://") {
				return fmt.Errorf("%s nests %q, which is no file of this machine", name, location)
			}
			if err := s.file(filepath.Join(filepath.Dir(name), location)); err != nil {
				return err
			}
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	if err := errors.Join(encoder.Encode(&doc), encoder.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	to := filepath.Join(s.to, name)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// function changes the properties of a function.
func (s stage) function(properties *yaml.Node) {
	set(properties, "CodeUri", scalar(s.code))
	set(properties, "Architectures", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{scalar(architecture())}})
	environment := child(properties, "Environment")
	declared := child(environment, "Variables")
	for _, name := range s.variables {
		if child(declared, name).Kind == 0 {
			set(declared, name, scalar(""))
		}
	}
	set(environment, "Variables", declared)
	set(properties, "Environment", environment)
}

// child returns the value of a key. If the key does not exist, it returns an empty node, which
// set turns into a mapping.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return &yaml.Node{}
}

// set sets the value of a key of a mapping.
func set(n *yaml.Node, key string, value *yaml.Node) {
	if n.Kind == 0 {
		n.Kind = yaml.MappingNode
	}
	i := slices.IndexFunc(n.Content, func(c *yaml.Node) bool { return c.Value == key })
	if i >= 0 && i%2 == 0 { // the even nodes are keys
		n.Content[i+1] = value
		return
	}
	n.Content = append(n.Content, scalar(key), value)
}

// scalar returns a node with a text.
func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	return n
}
