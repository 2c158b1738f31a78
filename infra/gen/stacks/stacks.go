// Package stacks makes the CloudFormation stacks of the operations from the catalog. A surface
// has a stack with its HTTP API, its roles and its logs, and one stack for each group of
// operations, with a function for each operation and the resources of its triggers. The root
// template nests them. The table access.tsv says the same in one line for each operation.
package stacks

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/infra/iam"
	"parley/shared/config"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// Limits that a deployment would run into.
const (
	Most            = 450 // resources of a stack; CloudFormation allows 500
	mostOutputs     = 200 // of a stack: one for each role of a surface, and a few
	mostRoutes      = 300 // of an HTTP API, and as many integrations; AWS does not raise the second limit
	longestFunction = 40  // of the name of an operation: the function's name has 64 at most, and begins with "parley-" and the stage
)

// Files are the generated files by path below the root of the repository.
type Files map[string][]byte

// Dir is the folder of the stacks.
const Dir = "infra/stacks"

// Generate returns the root template, the stacks and the two tables.
func Generate(operations []op.Operation, before Placement, used iam.Exercised) (Files, error) {
	r := rootTemplate{shared: newShared("")}
	for n := config.OldestSchema; n <= config.NewestSchema; n++ {
		r.Schemas = append(r.Schemas, strconv.Quote(strconv.Itoa(n)))
	}
	rootTaken := false // the domain name of the HTTP APIs without a path
	var rows, access []string
	files := make(Files)
	for _, s := range surfaces(operations) {
		top, of, err := newSurface(s.name, s.operations, used)
		if err != nil {
			return nil, err
		}
		if rootTaken { // the first surface is a vendor's, whose callers can set a host and not always a path
			top.MappingKey = s.name
		}
		names, by, table, err := place(s.operations, before)
		if err != nil {
			return nil, err
		}
		rows = append(rows, table...)
		if files[Dir+"/"+s.name+".yaml"], err = render("surface", top); err != nil {
			return nil, err
		}
		r.Surfaces = append(r.Surfaces, rootSurface{Name: s.name, ID: camel(s.name), HTTP: len(top.Paths) > 0})
		rootTaken = rootTaken || len(top.Paths) > 0
		for _, name := range names {
			g, err := newGroup(s.name, name, by[name], of)
			if err != nil {
				return nil, err
			}
			if files[Dir+"/"+name+".yaml"], err = render("group", g); err != nil {
				return nil, err
			}
			r.Streamed = append(r.Streamed, slices.DeleteFunc(slices.Clone(g.Functions), func(f function) bool { return len(f.Streams) == 0 })...)
			r.Groups = append(r.Groups, rootGroup{
				Name: name, ID: camel(name), Surface: camel(s.name), Roles: g.Roles, Invoked: g.Invoked, objects: g.objects(),
			})
		}
		for _, o := range s.operations {
			access = append(access, accessRow(o, of[o.Name]))
		}
	}
	inLanes(r.Groups)
	var err error
	if files["template.yaml"], err = render("root", r); err != nil {
		return nil, err
	}
	if files[Dir+"/dashboard.yaml"], err = render("dashboard", r); err != nil {
		return nil, err
	}
	if files[Dir+"/alarms.yaml"], err = render("alarms", r); err != nil {
		return nil, err
	}
	files[Dir+"/"+PlacementFile] = placementText(rows)
	files[Dir+"/access.tsv"] = []byte(accessHead + strings.Join(access, ""))
	return files, nil
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

// What the templates read. A parameter is the name of a parameter of the stack.
type (
	shared struct {
		Surface   string
		Tables    []string // parameters
		Queues    []string // parameters
		Streams   []string // parameters
		Bucket    string   // parameter
		Variables []variable
	}
	variable struct{ Name, Parameter string }

	surfaceStack struct {
		shared

		Roles      []role
		Paths      []path // of the HTTP API
		Invoked    bool   // an API invokes functions of the surface
		Sealed     bool   // operations of the surface use the seal key
		MappingKey string // the path of the HTTP API on the domain name; empty for all paths that no other surface has
		Failures   string // the pattern of the lines that Lambda writes for invocations without an answer
	}
	path struct{ Path, Method, Function, IAM string }

	groupStack struct {
		shared

		Name      string
		Roles     []string // parameters
		Functions []function
		Invoked   bool
	}
	function struct {
		ID, Name, Role  string
		Physical        string // the end of the function's name
		Memory, Timeout int
		Authorizer      bool
		Continues       bool
		Queues          []queueSource
		Streams         []streamSource
		Schedules       []string
		Socket          []route
	}
	queueSource  struct{ ID, Parameter string }
	streamSource struct{ ID, Parameter, Filter string }
	route        struct {
		ID, Function, Key string
		After             string // the object that is made before: the routes of a stack are made one after the other
		TwoWay            bool
		Authorizer        string // the logical id of the authorizer's function
	}

	rootTemplate struct {
		shared

		Schemas  []string
		Surfaces []rootSurface
		Groups   []rootGroup
		Streamed []function // those that a stream invokes
	}
	rootSurface struct {
		Name, ID string
		HTTP     bool
	}
	rootGroup struct {
		Name, ID, Surface string
		After             string // the stack that is made before, if both have objects of API Gateway
		Invoked           bool
		Roles             []string
		objects           int // of API Gateway
	}
)

// newShared returns what all stacks of a surface have in common.
func newShared(surface string) shared {
	s := shared{Surface: surface, Streams: []string{streamParameter(schema.Msg)}, Bucket: bucketParameter}
	for _, t := range schema.Tables() {
		s.Tables = append(s.Tables, tableParameter(t))
		s.Variables = append(s.Variables, variable{"TABLE_" + strings.ToUpper(string(t)), tableParameter(t)})
	}
	for _, q := range queue.Names() {
		s.Queues = append(s.Queues, queueParameter(q))
		s.Variables = append(s.Variables, variable{"QUEUE_" + strings.ToUpper(string(q)), queueParameter(q)})
	}
	s.Variables = append(s.Variables, variable{"SEAL_KEY", "SealKey"}, variable{"BUCKET_ARCHIVE", bucketParameter})
	return s
}

// newSurface describes the stack of a surface, and returns by operation the id of its role.
func newSurface(name string, list []*op.Operation, used iam.Exercised) (surfaceStack, map[string]string, error) {
	s := surfaceStack{shared: newShared(name), Failures: `{ $.type = "platform.report" && $.record.status != "success" }`}
	var of map[string]string
	var err error
	if s.Roles, of, err = roles(list, used); err != nil {
		return s, nil, err
	}
	for _, o := range list {
		s.Sealed = s.Sealed || slices.Contains(o.Declared().Access, "open") || slices.Contains(o.Declared().Access, "seal")
		for _, d := range o.Triggers {
			s.Invoked = s.Invoked || d.HTTP != "" || d.Socket != "" || d.Authorizer
			if d.Authorizer {
				// An authorizer refuses a caller by returning an error.
				s.Failures = `{ $.type = "platform.report" && ($.record.status = "timeout" || $.record.status = "failure") }`
			}
			if d.HTTP == "" {
				continue
			}
			verb, address, _ := strings.Cut(d.HTTP, " ")
			p := path{Path: address, Method: strings.ToLower(verb), Function: physical(o)}
			if verb == "ANY" {
				p.Method = "x-amazon-apigateway-any-method"
			}
			if d.IAM {
				p.IAM = "iam"
			}
			if slices.ContainsFunc(s.Paths, func(q path) bool { return q.Path == p.Path }) {
				return s, nil, fmt.Errorf("%s: the path %s has a route already; two methods of a path are not supported yet", o.Name, address)
			}
			s.Paths = append(s.Paths, p)
		}
	}
	switch {
	case len(s.Paths) > mostRoutes:
		err = fmt.Errorf("the surface %s has %d HTTP routes, and an API has %d integrations at most: a new vendor or part is a surface of its own", name, len(s.Paths), mostRoutes)
	case len(s.Roles) > mostOutputs-4:
		err = fmt.Errorf("the surface %s has %d roles, too many for the outputs of its stack", name, len(s.Roles))
	}
	return s, of, err
}

// newGroup describes a stack of operations. of has by operation the id of its role.
func newGroup(surface, name string, list []*op.Operation, of map[string]string) (groupStack, error) {
	g := groupStack{shared: newShared(surface), Name: name}
	authorizer, resources := "", 0
	used := make(map[string]bool)
	for _, o := range list {
		resources += size(o)
		used[of[o.Name]] = true
		for _, d := range o.Triggers {
			g.Invoked = g.Invoked || d.Socket != "" || d.Authorizer
			if d.Authorizer {
				authorizer = ID(o)
			}
		}
	}
	g.Roles = slices.Sorted(maps.Keys(used))
	if resources > Most {
		return g, fmt.Errorf("the stack %s would have %d resources, and %d are allowed: name another stack for its new operations in %s/%s", name, resources, Most, Dir, PlacementFile)
	}
	last := ""
	for _, o := range list {
		f, err := newFunction(o, authorizer)
		if err != nil {
			return g, fmt.Errorf("%s: %w", o.Name, err)
		}
		f.Role = of[o.Name]
		for i := range f.Socket {
			f.Socket[i].After = last
			if last = f.Socket[i].ID + "Route"; f.Socket[i].TwoWay {
				last = f.Socket[i].ID + "Answer"
			}
		}
		g.Functions = append(g.Functions, f)
	}
	return g, nil
}

// newFunction describes the function of an operation. authorizer is the logical id of the
// authorizer's function, if the stack has it.
func newFunction(o *op.Operation, authorizer string) (function, error) {
	if len(o.Name) > longestFunction {
		return function{}, fmt.Errorf("its name has %d characters, and %d are allowed: the name of a function has 64 at most", len(o.Name), longestFunction)
	}
	f := function{ID: ID(o), Name: o.Name, Physical: physical(o), Memory: o.Memory, Timeout: int(o.Timeout / time.Second), Continues: o.Continues}
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
		case d.HTTP != "": // in the stack of the surface
		case d.Socket != "":
			r := route{
				ID: numbered(f.ID+"Socket", len(f.Socket)), Function: f.ID, Key: d.Socket,
				TwoWay: d.Socket != "$connect" && d.Socket != "$disconnect",
			}
			if d.Socket == "$connect" {
				if r.Authorizer = authorizer; authorizer == "" {
					return f, errors.New("the route $connect is in a stack without the authorizer")
				}
			}
			f.Socket = append(f.Socket, r)
		default:
			return f, fmt.Errorf("the kind of a trigger is not known: %+v", d)
		}
	}
	return f, nil
}

// physical returns the end of the name of the function of an operation: the name of the
// operation with hyphens. It begins with "parley-" and the stage.
func physical(o *op.Operation) string { return strings.ReplaceAll(o.Name, ".", "-") }

// ID returns the logical id of the function of an operation in its stack.
func ID(o *op.Operation) string {
	return camel(strings.TrimPrefix(o.Name, o.Surface()+"."))
}

// Parameters of a stack: the name of a table, the address of a queue, and the ARN of the
// stream of a table.
func tableParameter(t schema.Table) string { return "Table" + camel(string(t)) }
func queueParameter(q queue.Name) string   { return "Queue" + camel(string(q)) }

func streamParameter(t schema.Table) string { return "Stream" + camel(string(t)) }

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
