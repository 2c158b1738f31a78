// Package iam decides whether the roles of the generated stacks allow a request, as IAM
// would. Names are those of the templates: the table of accounts is "table/TableCore".
package iam

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Request is what IAM sees of a call to AWS.
type Request struct {
	Action   string // "dynamodb:PutItem"
	Resource string // as the templates write it, without the marks of a variable
	// Keys are the partition keys of a request to DynamoDB, and Prefix is that of a listing.
	// HasPrefix is false if a listing has none.
	Keys      []string
	Prefix    string
	HasPrefix bool
	// Sealed says that a request to KMS has the encryption context of package seal.
	Sealed bool
}

// A Policy is what a role allows.
type Policy []Statement

// A Statement allows actions on resources under conditions.
type Statement struct {
	Sid       string
	Actions   []string
	Resources []string
	Keys      []string // patterns that every partition key must match; nil: any key
	Prefixes  []string // patterns that the prefix of a listing must match; nil: any or none
	Sealed    bool     // only with the encryption context
}

// Allows reports whether one statement allows the whole request.
func (p Policy) Allows(r Request) bool {
	return slices.ContainsFunc(p, func(s Statement) bool { return s.allows(r) })
}

func (s Statement) allows(r Request) bool {
	if !slices.Contains(s.Actions, r.Action) || !matches(s.Resources, r.Resource) || s.Sealed && !r.Sealed {
		return false
	}
	if s.Prefixes != nil && (!r.HasPrefix || !matches(s.Prefixes, r.Prefix)) {
		return false
	}
	return s.Keys == nil || !slices.ContainsFunc(r.Keys, func(key string) bool { return !matches(s.Keys, key) })
}

// matches reports whether a text matches one of the patterns, in which * is any text.
func matches(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		parts := strings.Split(pattern, "*")
		rest, ok := strings.CutPrefix(text, parts[0])
		if !ok || len(parts) == 1 {
			return ok && rest == ""
		}
		for _, part := range parts[1 : len(parts)-1] {
			i := strings.Index(rest, part)
			if i < 0 {
				return false
			}
			rest = rest[i+len(part):]
		}
		return strings.HasSuffix(rest, parts[len(parts)-1])
	})
}

// Table returns the resource of a table, by its parameter, or of an index of it.
func Table(parameter, index string) string {
	name := "arn:AWS::Partition:dynamodb:AWS::Region:AWS::AccountId:table/" + parameter
	if index != "" {
		name += "/index/" + index
	}
	return name
}

// Bucket returns the resource of a bucket, by its parameter, or of an object in it.
func Bucket(parameter, object string) string {
	name := "arn:AWS::Partition:s3:::" + parameter
	if object != "" {
		name += "/" + object
	}
	return name
}

// Parameter returns the resource of a parameter of Systems Manager.
func Parameter(name string) string {
	return "arn:AWS::Partition:ssm:AWS::Region:AWS::AccountId:parameter" + name
}

// Connection returns the resource of a method on a WebSocket connection.
func Connection(method string) string {
	return "arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:Connections/" + method + "/@connections/abc"
}

// Load returns by operation the policy of its function's role, from a folder of stacks.
func Load(dir string) (map[string]Policy, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	policies := make(map[string]Policy) // by role
	roles := make(map[string]string)    // by operation
	for _, file := range files {
		text, err := os.ReadFile(file) // a file of the repository
		if err != nil {
			return nil, err
		}
		if err := read(text, policies, roles); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	out := make(map[string]Policy)
	for operation, role := range roles {
		if out[operation] = policies[role]; policies[role] == nil {
			return nil, fmt.Errorf("%s has the role %s, which no stack has", operation, role)
		}
	}
	return out, nil
}

// Read returns the policies of the roles of a stack, by logical id.
func Read(text []byte) (map[string]Policy, error) {
	policies := make(map[string]Policy)
	return policies, read(text, policies, map[string]string{})
}

// What of a stack is read. Everything else is ignored.
type (
	document struct {
		Resources map[string]struct {
			Properties struct {
				Handler  string `yaml:"Handler"`
				Role     string `yaml:"Role"`
				Policies []struct {
					PolicyDocument struct {
						Statement []yaml.Node `yaml:"Statement"`
					} `yaml:"PolicyDocument"`
				} `yaml:"Policies"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	rawStatement struct {
		Sid       string                          `yaml:"Sid"`
		Effect    string                          `yaml:"Effect"`
		Action    yaml.Node                       `yaml:"Action"`
		Resource  yaml.Node                       `yaml:"Resource"`
		Condition map[string]map[string]yaml.Node `yaml:"Condition"`
	}
)

func read(text []byte, policies map[string]Policy, roles map[string]string) error {
	var doc document
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return err
	}
	for id, r := range doc.Resources {
		if r.Properties.Handler != "" {
			roles[r.Properties.Handler] = r.Properties.Role
		}
		for _, p := range r.Properties.Policies {
			for _, node := range p.PolicyDocument.Statement {
				for _, either := range branches(node) {
					s, ok, err := parse(either)
					if err != nil {
						return fmt.Errorf("%s: %w", id, err)
					}
					if ok {
						policies[id] = append(policies[id], s)
					}
				}
			}
		}
	}
	return nil
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// branches returns the two statements of which a stage has one, depending on where its seal
// key is, or the one statement.
func branches(node yaml.Node) []yaml.Node {
	var choice struct {
		If []yaml.Node `yaml:"Fn::If"`
	}
	if node.Decode(&choice) == nil && len(choice.If) == 3 && choice.If[0].Value == "SealedByParameter" {
		return choice.If[1:]
	}
	return []yaml.Node{node}
}

// parse reads a statement. ok is false for one that a condition of the stack adds: tracing.
func parse(node yaml.Node) (_ Statement, ok bool, _ error) {
	var raw rawStatement
	if err := node.Decode(&raw); err != nil {
		return Statement{}, false, err
	}
	if raw.Sid == "" {
		return Statement{}, false, nil
	}
	s := Statement{Sid: raw.Sid, Actions: texts(raw.Action), Resources: texts(raw.Resource)}
	if raw.Effect != "Allow" || len(s.Actions) == 0 || len(s.Resources) == 0 {
		return s, false, fmt.Errorf("the statement %s is not an Allow with actions and resources", raw.Sid)
	}
	for operator, keys := range raw.Condition {
		for key, value := range keys {
			switch operator + " " + key {
			case "ForAllValues:StringLike dynamodb:LeadingKeys":
				s.Keys = texts(value)
			case "StringLike s3:prefix":
				s.Prefixes = texts(value)
			case "Null kms:EncryptionContext:parley":
				s.Sealed = true
			default:
				return s, false, fmt.Errorf("the condition %s of %s is not known", key, raw.Sid)
			}
		}
	}
	return s, true, nil
}

// texts returns the texts of a scalar or a list, with the names of variables in the place of
// variables.
func texts(n yaml.Node) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{variable.ReplaceAllString(n.Value, "$1")}
	}
	var out []string
	for _, c := range n.Content {
		out = append(out, texts(*c)...)
	}
	return out
}
