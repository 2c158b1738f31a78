package template

import (
	"sort"
	"strings"
)

// build makes the model of all resources that exist. It makes three passes, because
// functions refer to queues and tables, and event sources refer to functions.
func (l *loader) build(root *stack) (*Model, error) {
	b := &builder{model: &Model{Outputs: map[string]string{}}, functions: map[string]int{}, queues: map[string]bool{}, tables: map[string]bool{}}
	passes := []func(*stack, resource, *props) error{b.addStorage, b.addFunctionsAndAPIs, b.addSources}
	for _, pass := range passes {
		for _, s := range l.stacks {
			for _, id := range s.order {
				r := s.resources[id]
				ok, err := s.exists(r)
				if err != nil {
					return nil, err
				}
				if !ok || !supported(r.kind) {
					continue
				}
				p := s.props(r)
				if p.err != nil {
					return nil, p.err
				}
				if err := pass(s, r, p); err != nil {
					return nil, err
				}
			}
		}
	}
	if err := b.addRoutes(); err != nil {
		return nil, err
	}
	for name, body := range root.outputs {
		body, _ := body.(map[string]any)
		if condition, ok := body["Condition"].(string); ok {
			if yes, err := root.condition("Outputs."+name, condition); err != nil || !yes {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		value, err := root.eval("Outputs."+name, body["Value"])
		if err != nil {
			return nil, err
		}
		b.model.Outputs[name] = text(value)
	}
	return b.model, nil
}

// supported reports whether the local cloud has resources of a kind. The others, such
// as roles, alarms and log groups, are not evaluated.
func supported(kind string) bool {
	switch kind {
	case "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::KMS::Key", "AWS::S3::Bucket",
		"AWS::Lambda::EventSourceMapping", "AWS::Events::Rule", "AWS::Scheduler::Schedule":
		return true
	}
	return isFunction(kind) || isAPI(kind) || strings.HasPrefix(kind, "AWS::ApiGatewayV2::")
}

type builder struct {
	model     *Model
	functions map[string]int  // from ARN to index in model.Functions
	queues    map[string]bool // by name
	tables    map[string]bool // by name; true if the table has a stream
	apiParts  []apiPart       // in the order of the templates
	events    []event         // Events of functions that addSources has not handled yet
}

// addStorage adds tables, queues, keys and buckets.
func (b *builder) addStorage(s *stack, r resource, p *props) error {
	path := join(s.path, r.id)
	switch r.kind {
	case "AWS::DynamoDB::Table":
		return b.addTable(s, r, p, path)
	case "AWS::SQS::Queue":
		return b.addQueue(s, r, p, path)
	case "AWS::KMS::Key":
		b.model.Keys = append(b.model.Keys, Key{Path: path, File: s.keyFile()})
	case "AWS::S3::Bucket":
		name, err := s.returnValue(r, "")
		if err != nil {
			return err
		}
		b.model.Buckets = append(b.model.Buckets, text(name))
	}
	return nil
}

func (b *builder) addTable(s *stack, r resource, p *props, path string) error {
	t := Table{Path: path}
	var err error
	if t.Name, err = s.physicalName(r, "TableName"); err != nil {
		return err
	}
	arn, err := s.returnValue(r, "Arn")
	if err != nil {
		return err
	}
	t.ARN = text(arn)
	if p.values["LocalSecondaryIndexes"] != nil {
		return s.fail(r.id, "has a local index, which the local cloud does not support; remove it or add it to infra/local/template")
	}
	types := map[string]string{}
	definitions, _ := p.values["AttributeDefinitions"].([]any)
	for _, d := range definitions {
		d := p.nestedProps(d)
		types[d.text("AttributeName")] = d.text("AttributeType")
	}
	if t.HashKey, t.RangeKey, err = s.keySchema(r, p, types); err != nil {
		return err
	}
	indexes, _ := p.values["GlobalSecondaryIndexes"].([]any)
	for _, index := range indexes {
		index := p.nestedProps(index)
		x := Index{Name: index.text("IndexName")}
		if x.HashKey, x.RangeKey, err = s.keySchema(r, index, types); err != nil {
			return err
		}
		projection := p.nestedProps(index.values["Projection"])
		x.Projection, x.Include = projection.text("ProjectionType"), projection.texts("NonKeyAttributes")
		t.Indexes = append(t.Indexes, x)
	}
	if ttl := p.nestedProps(p.values["TimeToLiveSpecification"]); ttl.boolean("Enabled", false) {
		t.TTL = ttl.text("AttributeName")
	}
	t.Stream = p.nestedProps(p.values["StreamSpecification"]).text("StreamViewType")
	b.tables[t.Name] = t.Stream != ""
	b.model.Tables = append(b.model.Tables, t)
	return nil
}

// keySchema returns the key attributes of a table or an index.
func (s *stack) keySchema(r resource, p *props, types map[string]string) (hash, sort Attribute, err error) {
	schema, _ := p.values["KeySchema"].([]any)
	for _, k := range schema {
		k := p.nestedProps(k)
		a := Attribute{Name: k.text("AttributeName")}
		if a.Type = types[a.Name]; a.Type == "" {
			return hash, sort, s.fail(r.id, "key %s has no type; add it to AttributeDefinitions", a.Name)
		}
		if k.text("KeyType") == "HASH" {
			hash = a
		} else {
			sort = a
		}
	}
	if hash.Name == "" {
		return hash, sort, s.fail(r.id, "has no HASH key; add one to KeySchema")
	}
	return hash, sort, nil
}

func (b *builder) addQueue(s *stack, r resource, p *props, path string) error {
	q := Queue{
		Path: path, Visibility: p.seconds("VisibilityTimeout", 30), Delay: p.seconds("DelaySeconds", 0),
		Wait: p.seconds("ReceiveMessageWaitTimeSeconds", 0), FIFO: p.boolean("FifoQueue", false),
	}
	for attribute, to := range map[string]*string{"QueueName": &q.Name, "": &q.URL, "Arn": &q.ARN} {
		value, err := s.returnValue(r, attribute)
		if err != nil {
			return err
		}
		*to = text(value)
	}
	if len(q.Name) > 80 {
		return s.fail(r.id, "its name %s is over 80 characters; give it a shorter QueueName", q.Name)
	}
	if redrive := p.nestedProps(p.values["RedrivePolicy"]); redrive.values != nil {
		arn := redrive.required("deadLetterTargetArn")
		q.DeadLetter = arn[strings.LastIndex(arn, ":")+1:]
		q.MaxReceive = redrive.int("maxReceiveCount", 0)
		if redrive.err == nil && q.MaxReceive < 1 {
			redrive.fail("its maxReceiveCount is missing; give it one")
		}
		if redrive.err != nil {
			return redrive.err
		}
	}
	b.queues[q.Name] = true
	b.model.Queues = append(b.model.Queues, q)
	return p.err
}

// addFunctionsAndAPIs adds functions and APIs, and collects the parts of the APIs for
// addRoutes.
func (b *builder) addFunctionsAndAPIs(s *stack, r resource, p *props) error {
	switch {
	case isFunction(r.kind):
		return b.addFunction(s, r, p)
	case isAPI(r.kind):
		return b.addAPI(s, r, p)
	case strings.HasPrefix(r.kind, "AWS::ApiGatewayV2::"):
		b.apiParts = append(b.apiParts, apiPart{stack: s, resource: r, props: p, ref: s.generatedName(r.id)})
	}
	return nil
}

func (b *builder) addFunction(s *stack, r resource, p *props) error {
	globals := &props{stack: s, id: "Globals"}
	if r.kind == "AWS::Serverless::Function" {
		value, err := s.eval("Globals", section(s.globals, "Function"))
		if err != nil {
			return err
		}
		globals.values, _ = value.(map[string]any)
		for name, value := range globals.values {
			if _, ok := p.values[name]; !ok {
				p.values[name] = value
			}
		}
	}
	f := Function{
		Path: join(s.path, r.id), Handler: p.required("Handler"), Memory: p.int("MemorySize", 128),
		Timeout: p.seconds("Timeout", 3), Concurrency: p.int("ReservedConcurrentExecutions", 0),
		Recursive:   p.text("RecursiveLoop") == "Allow",
		Environment: map[string]string{},
	}
	for attribute, to := range map[string]*string{"": &f.Name, "Arn": &f.ARN} {
		value, err := s.returnValue(r, attribute)
		if err != nil {
			return err
		}
		*to = text(value)
	}
	for _, from := range []*props{globals, p} {
		variables, _ := from.nestedProps(from.values["Environment"]).values["Variables"].(map[string]any)
		for name, value := range variables {
			f.Environment[name] = s.loader.localize(text(value))
		}
	}
	if p.err != nil {
		return p.err
	}
	for _, other := range b.model.Functions {
		if other.Handler == f.Handler {
			return s.fail(r.id, "has the Handler %s of %s; one operation is one function", f.Handler, other.Path)
		}
	}
	b.functions[f.ARN] = len(b.model.Functions)
	b.model.Functions = append(b.model.Functions, f)
	events, _ := p.values["Events"].(map[string]any)
	names := make([]string, 0, len(events))
	for name := range events {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		body := p.nestedProps(events[name])
		b.events = append(b.events, event{
			stack: s, owner: r.id, name: name, function: f.ARN,
			kind: body.text("Type"), props: body.nestedProps(body.values["Properties"]),
		})
	}
	return nil
}

// findFunction returns the function that an ARN, a name or an integration URI names.
func (b *builder) findFunction(value string) (*Function, bool) {
	if i := strings.Index(value, "/functions/"); i >= 0 {
		value = strings.TrimSuffix(value[i+len("/functions/"):], "/invocations")
	}
	if i, ok := b.functions[value]; ok {
		return &b.model.Functions[i], true
	}
	if i := strings.LastIndex(value, ":"); i >= 0 && strings.Count(value, ":") == 7 { // the ARN has a qualifier
		if i, ok := b.functions[value[:i]]; ok {
			return &b.model.Functions[i], true
		}
	}
	for i := range b.model.Functions {
		if b.model.Functions[i].Name == value {
			return &b.model.Functions[i], true
		}
	}
	return nil, false
}
