package template

import "strings"

// An event is one entry of Events, or a resource that does the same.
type event struct {
	stack       *stack
	owner, name string
	function    string // ARN or name
	kind        string
	props       *props
}

// sources builds event source mappings and rules; it runs when all functions
// are known, so the first resource it meets also settles the Events.
func (b *builder) sources(s *stack, r resource, p *props) error {
	events := b.events
	b.events = nil
	switch r.kind {
	case "AWS::Lambda::EventSourceMapping":
		kind := "SQS"
		if strings.Contains(p.text("EventSourceArn"), ":dynamodb:") {
			kind = "DynamoDB"
		}
		p.all["Queue"], p.all["Stream"] = p.all["EventSourceArn"], p.all["EventSourceArn"]
		events = append(events, event{stack: s, owner: r.id, name: r.id, function: p.need("FunctionName"), kind: kind, props: p})
	case "AWS::Scheduler::Schedule":
		target := p.under(p.all["Target"])
		p.all["Input"] = target.all["Input"]
		events = append(events, event{stack: s, owner: r.id, name: r.id, function: target.need("Arn"), kind: "ScheduleV2", props: p})
	case "AWS::Events::Rule":
		targets, _ := p.all["Targets"].([]any)
		for _, t := range targets {
			target := p.under(t)
			rule := p.under(map[string]any{"Schedule": p.need("ScheduleExpression"), "State": p.all["State"], "Input": target.all["Input"]})
			events = append(events, event{stack: s, owner: r.id, name: r.id, function: target.need("Arn"), kind: "Schedule", props: rule})
		}
	}
	for _, e := range events {
		if err := b.source(e); err != nil {
			return err
		}
	}
	return p.err
}

func (b *builder) source(e event) error {
	f, ok := b.byARN(e.function)
	if !ok {
		return e.stack.fail(e.owner, "its function %s is not in the templates; point it at one", e.function)
	}
	p := e.props
	if !p.flag("Enabled", true) || p.text("State") == "DISABLED" {
		return nil
	}
	if p.all["FilterCriteria"] != nil && e.kind != "DynamoDB" {
		p.wrong("has FilterCriteria, which the local cloud does not read; filter in the function")
	}
	partial := p.has("FunctionResponseTypes", "ReportBatchItemFailures")
	switch e.kind {
	case "SQS":
		arn := p.need("Queue")
		q := QueueSource{
			ARN: arn, Queue: arn[strings.LastIndex(arn, ":")+1:], BatchSize: p.int("BatchSize", 10),
			Window: p.seconds("MaximumBatchingWindowInSeconds", 0), Partial: partial,
			Concurrency: p.under(p.all["ScalingConfig"]).int("MaximumConcurrency", 0),
		}
		if p.err == nil && !b.queues[q.Queue] {
			p.wrong("event %s: the queue %s is not in the templates; declare it", e.name, q.Queue)
		}
		f.Queues = append(f.Queues, q)
	case "DynamoDB":
		arn := p.need("Stream")
		_, rest, _ := strings.Cut(arn, ":table/")
		table, _, _ := strings.Cut(rest, "/")
		if p.err == nil && !b.tables[table] {
			p.wrong("event %s: the table %q has no stream in the templates; give it a StreamSpecification", e.name, table)
		}
		var filters []string
		list, _ := p.under(p.all["FilterCriteria"]).all["Filters"].([]any)
		for _, one := range list {
			filters = append(filters, p.under(one).text("Pattern"))
		}
		f.Streams = append(f.Streams, StreamSource{
			Table: table, ARN: arn, BatchSize: p.int("BatchSize", 100),
			Window: p.seconds("MaximumBatchingWindowInSeconds", 0), Partial: partial,
			FromStart: p.text("StartingPosition") == "TRIM_HORIZON",
			Retries:   p.int("MaximumRetryAttempts", -1), Bisect: p.flag("BisectBatchOnFunctionError", false),
			Filters: filters,
		})
	case "Schedule", "ScheduleV2":
		expression := p.text("Schedule")
		if expression == "" {
			expression = p.need("ScheduleExpression")
		}
		f.Schedules = append(f.Schedules, Schedule{Name: join(e.stack.path, e.owner+"/"+e.name, "/"), Expression: expression, Input: p.text("Input")})
	case "HttpApi":
		b.parts = append(b.parts, part{stack: e.stack, resource: resource{id: e.owner, kind: "HttpApi"}, props: p, ref: e.function})
	default:
		return e.stack.fail(e.owner, "event %s has the Type %q, which the local cloud does not know; use SQS, DynamoDB or Schedule", e.name, e.kind)
	}
	return p.err
}
