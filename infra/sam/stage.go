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

// Stage copies a template and what it nests into a folder, changed so that a
// function runs on this machine:
//
//   - the processor is this machine's,
//   - the code is the folder given, and not an archive to unpack each time,
//   - the variables given exist, since SAM CLI sets only those that a template
//     declares.
//
// It answers the file of the copy.
func Stage(template, dir, code string, variables []string) (string, error) {
	code, err := filepath.Abs(code)
	if err != nil {
		return "", err
	}
	s := stage{from: filepath.Dir(template), to: dir, code: code, variables: variables}
	name := filepath.Base(template)
	return filepath.Join(dir, name), s.file(name)
}

type stage struct {
	from, to, code string
	variables      []string
}

// file copies one template, by its path from the root template.
func (s stage) file(name string) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("template %s is outside of the folder of the root template", name)
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
				return fmt.Errorf("%s nests %q, which is no file", name, location)
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

func (s stage) function(properties *yaml.Node) {
	set(properties, "CodeUri", scalar(s.code))
	set(properties, "Architectures", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{scalar(machine())}})
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

// child is the value of a key, a new mapping without a kind when there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return &yaml.Node{}
}

// set gives a key of a mapping a value.
func set(n *yaml.Node, key string, value *yaml.Node) {
	if n.Kind == 0 {
		n.Kind = yaml.MappingNode
	}
	at := slices.IndexFunc(n.Content, func(c *yaml.Node) bool { return c.Value == key })
	if at >= 0 && at%2 == 0 {
		n.Content[at+1] = value
		return
	}
	n.Content = append(n.Content, scalar(key), value)
}

func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	return n
}
