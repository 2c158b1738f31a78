// Package stacks makes the stacks of operations from the catalog: for each
// operation a function, a role that allows what it declares and nothing else, its
// log, its alarm and its doors.
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

// Limits of a stack in resources. CloudFormation allows 500; from Full on a stack
// takes no more operations, and a new one begins.
const (
	Full = 400
	Most = 450
)

// A Placement says which stack of its surface an operation is in, 0 being the
// first. An operation stays where it is: a route cannot be made in one stack
// before another has given it up.
type Placement map[string]int

// Generate returns the stacks by file name: "client.yaml", and "client2.yaml"
// when a surface outgrows one.
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

// File names the file of a surface's i-th stack.
func File(surface string, i int) string {
	if i == 0 {
		return surface + ".yaml"
	}
	return fmt.Sprintf("%s%d.yaml", surface, i+1)
}

type surface struct {
	name       string
	operations []*op.Operation
}

// surfaces parts operations by surface, in the order in which they come.
func surfaces(operations []op.Operation) []surface {
	var out []surface
	at := make(map[string]int)
	for i := range operations {
		o := &operations[i]
		n, known := at[o.Surface()]
		if !known {
			n = len(out)
			at[o.Surface()], out = n, append(out, surface{name: o.Surface()})
		}
		out[n].operations = append(out[n].operations, o)
	}
	return out
}

// What the template reads.
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
		Sources         []event
		Changes         []changes
		Schedules       []string
		HTTP, Socket    []route
	}
	event   struct{ ID, Parameter string }
	changes struct{ ID, Parameter, Filter string }
	route   struct {
		ID, Function, Key string
		Source            string // of the permission, below the API and the stage
		IAM, TwoWay       bool
		Authorizer        string // logical id of the function
	}
)

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
		for _, d := range o.Doors {
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

func newFunction(o *op.Operation, authorizer string) (function, error) {
	f := function{
		ID: ID(o), Name: o.Name, Group: camel(o.Group()), Memory: o.Memory, Timeout: int(o.Timeout / time.Second),
	}
	var err error
	if f.Statements, err = statements(o, f.ID); err != nil {
		return f, err
	}
	for _, d := range o.Doors {
		switch {
		case d.Authorizer:
			f.Authorizer = true
		case d.Queue != "":
			f.Sources = append(f.Sources, event{camel(string(d.Queue)), queueParameter(d.Queue) + "Arn"})
		case d.Stream != "":
			f.Changes = append(f.Changes, changes{camel(string(d.Stream)), streamParameter(d.Stream), d.Filter})
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
			return f, fmt.Errorf("a door of no known kind: %+v", d)
		}
	}
	return f, nil
}

// httpSource is the part of a route's ARN that follows the stage. A variable in
// the path stands for anything.
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

// ID is the logical id of an operation's function in its stack.
func ID(o *op.Operation) string {
	return camel(strings.TrimPrefix(o.Name, o.Surface()+"."))
}

func tableParameter(t store.Table) string { return "Table" + camel(string(t)) }
func queueParameter(q queue.Name) string  { return "Queue" + camel(string(q)) }

func streamParameter(t store.Table) string { return "Stream" + camel(string(t)) }

// bucketParameter names the bucket of all objects.
const bucketParameter = "BucketArchive"

// camel joins words with capitals: "app.rotate-key" is AppRotateKey.
func camel(text string) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".-_ ", r) }) {
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

func numbered(id string, n int) string {
	if n == 0 {
		return id
	}
	return fmt.Sprintf("%s%d", id, n+1)
}
