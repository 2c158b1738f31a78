package template

import "strings"

// An event is one entry of Events of a function, or a resource with the same meaning.
type event struct {
	stack       *stack
	owner, name string
	function    string // ARN or name
	kind        string
	props       *props
}

// addSources adds what invokes functions: the Events of functions, event source
// mappings, rules and schedules. All functions are known by now. The call for the
// first resource also adds the Events of all functions.
func (b *builder) addSources(s *stack, r resource, p *props) error {
	events := b.events
	b.events = nil
	switch r.kind {
	case "AWS::Lambda::EventSourceMapping":
		kind := "SQS"
		if strings.Contains(p.text("EventSourceArn"), ":dynamodb:") {
			kind = "DynamoDB"
		}
		p.values["Queue"], p.values["Stream"] = p.values["EventSourceArn"], p.values["EventSourceArn"]
		events = append(events, event{stack: s, owner: r.id, name: r.id, function: p.required("FunctionName"), kind: kind, props: p})
	case "AWS::Scheduler::Schedule":
		target := p.nestedProps(p.values["Target"])
		p.values["Input"] = target.values["Input"]
		events = append(events, event{stack: s, owner: r.id, name: r.id, function: target.required("Arn"), kind: "ScheduleV2", props: p})
	case "AWS::Events::Rule":
		targets, _ := p.values["Targets"].([]any)
		for _, t := range targets {
			target := p.nestedProps(t)
			rule := p.nestedProps(map[string]any{"Schedule": p.required("ScheduleExpression"), "State": p.values["State"], "Input": target.values["Input"]})
			events = append(events, event{stack: s, owner: r.id, name: r.id, function: target.required("Arn"), kind: "Schedule", props: rule})
		}
	}
	for _, e := range events {
		if err := b.addSource(e); err != nil {
			return err
		}
	}
	return p.err
}

func (b *builder) addSource(e event) error {
	f, ok := b.findFunction(e.function)
	if !ok {
		return e.stack.fail(e.owner, "its function %s is not in the templates; use the ARN of one", e.function)
	}
	p := e.props
	if !p.boolean("Enabled", true) || p.text("State") == "DISABLED" {
		return nil
	}
	if p.values["FilterCriteria"] != nil && e.kind != "DynamoDB" {
		p.fail("has FilterCriteria, which the local cloud supports for streams only; filter in the function")
	}
	partial := p.contains("FunctionResponseTypes", "ReportBatchItemFailures")
	switch e.kind {
	case "SQS":
		arn := p.required("Queue")
		q := QueueSource{
			ARN: arn, Queue: arn[strings.LastIndex(arn, ":")+1:], BatchSize: p.int("BatchSize", 10),
			Window: p.seconds("MaximumBatchingWindowInSeconds", 0), Partial: partial,
			Concurrency: p.nestedProps(p.values["ScalingConfig"]).int("MaximumConcurrency", 0),
		}
		if p.err == nil && !b.queues[q.Queue] {
			p.fail("event %s: the queue %s is not in the templates; declare it", e.name, q.Queue)
		}
		f.Queues = append(f.Queues, q)
	case "DynamoDB":
		arn := p.required("Stream")
		_, rest, _ := strings.Cut(arn, ":table/")
		table, _, _ := strings.Cut(rest, "/")
		if p.err == nil && !b.tables[table] {
			p.fail("event %s: the table %q has no stream in the templates; give it a StreamSpecification", e.name, table)
		}
		var filters []string
		list, _ := p.nestedProps(p.values["FilterCriteria"]).values["Filters"].([]any)
		for _, filter := range list {
			filters = append(filters, p.nestedProps(filter).text("Pattern"))
		}
		aside := p.nestedProps(p.nestedProps(p.values["DestinationConfig"]).values["OnFailure"]).text("Destination")
		if aside != "" {
			aside = strings.TrimSuffix(e.stack.loader.SQS, "/") + "/" + Account + "/" + aside[strings.LastIndex(aside, ":")+1:]
		}
		age := p.seconds("MaximumRecordAgeInSeconds", 0)
		f.Streams = append(f.Streams, StreamSource{
			MaxAge: max(age, 0), OnFailure: aside,
			Table: table, ARN: arn, BatchSize: p.int("BatchSize", 100), Partial: partial,
			Window:    max(p.seconds("MaximumBatchingWindowInSeconds", 0), 0),
			FromStart: p.text("StartingPosition") == "TRIM_HORIZON",
			Retries:   p.int("MaximumRetryAttempts", -1), Bisect: p.boolean("BisectBatchOnFunctionError", false),
			Filters: filters,
		})
	case "Schedule", "ScheduleV2":
		expression := p.text("Schedule")
		if expression == "" {
			expression = p.required("ScheduleExpression")
		}
		f.Schedules = append(f.Schedules, Schedule{Name: join(e.stack.path, e.owner+"/"+e.name), Expression: expression, Input: p.text("Input")})
	case "HttpApi":
		b.apiParts = append(b.apiParts, apiPart{stack: e.stack, resource: resource{id: e.owner, kind: "HttpApi"}, props: p, ref: e.function})
	default:
		return e.stack.fail(e.owner, "event %s has the Type %q, which the local cloud does not support; use SQS, DynamoDB or Schedule", e.name, e.kind)
	}
	return p.err
}
