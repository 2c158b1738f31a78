// Package stacks makes the CloudFormation stacks of the operations from the catalog: for
// each operation a function, a role that allows what the operation declares and nothing else,
// a log group, an alarm, and the resources of its triggers.
package stacks

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

//go:embed stack.yaml.tmpl
var layout string

// Limits of a stack, in resources. CloudFormation allows 500.
const (
	Full = 400 // a new operation goes to another stack if this one would have more
	Most = 450 // no stack may have more; what is above Full is for new triggers of old operations
)

// A Placement says in which stack of its surface an operation is, by the name of the
// operation; 0 is the first stack. An operation never moves to another stack. A deployment
// that moves it would fail: CloudFormation would create its route in the new stack while the
// old stack still has the same route.
type Placement map[string]int

// Generate returns the stacks by file name. The name of the first stack of a surface is
// "client.yaml", that of the second one "client2.yaml".
func Generate(operations []op.Operation, before Placement) (map[string][]byte, error) {
	t, err := template.New("stack").Funcs(template.FuncMap{"join": strings.Join}).Parse(layout)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for _, surface := range surfaces(operations) {
		for i, list := range place(surface.operations, before) {
			if len(list) == 0 {
				continue
			}
			s, err := newStack(surface.name, list)
			if err != nil {
				return nil, err
			}
			s.Heartbeat = surface.name == "client" && i == 0
			var out bytes.Buffer
			if err := t.Execute(&out, s); err != nil {
				return nil, err
			}
			files[File(surface.name, i)] = append(bytes.TrimRight(out.Bytes(), "\n"), '\n')
		}
	}
	return files, nil
}

// File returns the name of the file of a stack; i counts the stacks of the surface from 0.
func File(surface string, i int) string {
	if i == 0 {
		return surface + ".yaml"
	}
	return fmt.Sprintf("%s%d.yaml", surface, i+1)
}

// surface is a surface with its operations.
type surface struct {
	name       string
	operations []*op.Operation
}

// surfaces returns the operations by surface, in the order in which they come.
func surfaces(operations []op.Operation) []surface {
	var out []surface
	positions := make(map[string]int) // in out, by surface
	for i := range operations {
		o := &operations[i]
		n, known := positions[o.Surface()]
		if !known {
			n = len(out)
			positions[o.Surface()], out = n, append(out, surface{name: o.Surface()})
		}
		out[n].operations = append(out[n].operations, o)
	}
	return out
}

// What the template stack.yaml.tmpl reads. A parameter is the name of a parameter of the
// stack.
type (
	stack struct {
		Surface   string
		Tables    []string // parameters
		Queues    []string // parameters
		Streams   []string // parameters
		Bucket    string   // parameter
		Variables []variable
		Functions []function
		Groups    []group
		Heartbeat bool
	}
	variable struct{ Name, Parameter string }
	group    struct{ ID, Name string }
	function struct {
		ID, Name, Group string
		Memory, Timeout int
		Authorizer      bool
		Statements      []statement
		Queues          []queueSource
		Streams         []streamSource
		Schedules       []string
		HTTP, Socket    []route
	}
	queueSource  struct{ ID, Parameter string }
	streamSource struct{ ID, Parameter, Filter string }
	route        struct {
		ID, Function, Key string
		Source            string // the end of the permission's source ARN, after the stage
		IAM, TwoWay       bool
		Authorizer        string // the logical id of the authorizer's function
	}
)

// newStack describes a stack of a surface for the template.
func newStack(name string, list []*op.Operation) (*stack, error) {
	s := &stack{Surface: name, Streams: []string{streamParameter(store.Msg)}, Bucket: bucketParameter}
	for _, t := range store.Tables() {
		s.Tables = append(s.Tables, tableParameter(t))
		s.Variables = append(s.Variables, variable{"TABLE_" + strings.ToUpper(string(t)), tableParameter(t)})
	}
	for _, q := range queue.Names() {
		s.Queues = append(s.Queues, queueParameter(q))
		s.Variables = append(s.Variables, variable{"QUEUE_" + strings.ToUpper(string(q)), queueParameter(q)})
	}
	s.Variables = append(s.Variables, variable{"SEAL_KEY", "SealKey"}, variable{"BUCKET_ARCHIVE", bucketParameter})
	authorizer := ""
	for _, o := range list {
		for _, d := range o.Triggers {
			if d.Authorizer {
				authorizer = ID(o)
			}
		}
	}
	groups := make(map[string]bool)
	for _, o := range list {
		f, err := newFunction(o, authorizer)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.Name, err)
		}
		s.Functions = append(s.Functions, f)
		if g := o.Group(); !groups[g] {
			groups[g], s.Groups = true, append(s.Groups, group{camel(g), g})
		}
	}
	return s, nil
}

// newFunction describes the function of an operation for the template. authorizer is the
// logical id of the authorizer's function, if the stack has it.
func newFunction(o *op.Operation, authorizer string) (function, error) {
	f := function{
		ID: ID(o), Name: o.Name, Group: camel(o.Group()), Memory: o.Memory, Timeout: int(o.Timeout / time.Second),
	}
	var err error
	if f.Statements, err = statements(o, f.ID); err != nil {
		return f, err
	}
	for _, d := range o.Triggers {
		switch {
		case d.Authorizer:
			f.Authorizer = true
		case d.Queue != "":
			f.Queues = append(f.Queues, queueSource{camel(string(d.Queue)), queueParameter(d.Queue) + "Arn"})
		case d.Stream != "":
			f.Streams = append(f.Streams, streamSource{camel(string(d.Stream)), streamParameter(d.Stream), d.Filter})
		case d.Schedule != "":
			f.Schedules = append(f.Schedules, d.Schedule)
		case d.HTTP != "":
			f.HTTP = append(f.HTTP, route{
				ID: numbered(f.ID+"Http", len(f.HTTP)), Function: f.ID, Key: d.HTTP, Source: httpSource(d.HTTP), IAM: d.IAM,
			})
		case d.Socket != "":
			r := route{
				ID: numbered(f.ID+"Socket", len(f.Socket)), Function: f.ID, Key: d.Socket,
				TwoWay: d.Socket != "$connect" && d.Socket != "$disconnect",
			}
			if d.Socket == "$connect" {
				if r.Authorizer = authorizer; authorizer == "" {
					return f, fmt.Errorf("the route $connect is in a stack without the authorizer")
				}
			}
			f.Socket = append(f.Socket, r)
		default:
			return f, fmt.Errorf("the kind of a trigger is not known: %+v", d)
		}
	}
	return f, nil
}

// httpSource returns the end of the ARN of an HTTP route, after the stage. A variable in the
// path matches anything. Example: "*/client/*" for "ANY /client/{proxy+}".
func httpSource(key string) string {
	method, path, _ := strings.Cut(key, " ")
	if method == "ANY" {
		method = "*"
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = "*"
		}
	}
	return method + strings.Join(parts, "/")
}

// ID returns the logical id of the function of an operation in its stack.
func ID(o *op.Operation) string {
	return camel(strings.TrimPrefix(o.Name, o.Surface()+"."))
}

// Parameters of a stack: the name of a table, the address of a queue, and the ARN of the
// stream of a table.
func tableParameter(t store.Table) string { return "Table" + camel(string(t)) }
func queueParameter(q queue.Name) string  { return "Queue" + camel(string(q)) }

func streamParameter(t store.Table) string { return "Stream" + camel(string(t)) }

// bucketParameter is the parameter with the name of the bucket of all objects.
const bucketParameter = "BucketArchive"

// camel joins words and gives each a capital: AppRotateKey for "app.rotate-key".
func camel(text string) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".-_ ", r) }) {
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

// numbered returns a logical id for the n-th resource of a kind, counted from 0. Example:
// AppGetHttp for 0, AppGetHttp2 for 1.
func numbered(id string, n int) string {
	if n == 0 {
		return id
	}
	return fmt.Sprintf("%s%d", id, n+1)
}
