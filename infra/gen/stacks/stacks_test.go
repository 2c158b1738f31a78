package stacks

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"parley/functions/catalog"
	"parley/infra/cost"
	"parley/infra/iam"
	"parley/infra/local/template"
	"parley/shared/domain/delivery"
	"parley/shared/op"
	"parley/shared/store/schema"
)

const root = "../../.."

// resources counts the resources of a stack as CloudFormation will: those in the file, and
// those that SAM adds, which are the mapping of an event source and the rule of a schedule.
func resources(t *testing.T, text []byte) map[string]int {
	t.Helper()
	var doc struct {
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				Events map[string]yaml.Node `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	n := make(map[string]int)
	for _, r := range doc.Resources {
		n[""]++
		n[r.Type]++
		n[""] += len(r.Properties.Events)
		if _, schedule := r.Properties.Events["Clock"]; schedule {
			n[""]++ // the permission of the rule
		}
	}
	return n
}

// exercised returns what the case tables exercise.
func exercised(t *testing.T) iam.Exercised {
	t.Helper()
	e, err := iam.LoadExercised(root)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func generate(t *testing.T, all []op.Operation, before Placement) Files {
	t.Helper()
	files, err := Generate(all, before, exercised(t))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// figures are what quotas of AWS count.
type figures struct{ operations, stacks, resources, largest, most, roles, objects, alarms int }

// measure counts what the operations need: the number of stacks, resources and roles of a
// deployment, the resources of its largest stack, the most that one operation adds, the
// objects of API Gateway (an HTTP API with all its routes is one), and alarms.
func measure(t *testing.T, all []op.Operation) figures {
	t.Helper()
	f := figures{operations: len(all)}
	for i := range all {
		f.most = max(f.most, size(&all[i]))
	}
	for name, text := range generate(t, all, Placement{}) {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		if len(text) > 1_000_000 {
			t.Errorf("%s has %d bytes, and CloudFormation takes 1 MB", name, len(text))
		}
		n := resources(t, text)
		f.stacks++
		f.resources += n[""]
		f.largest = max(f.largest, n[""])
		f.roles += n["AWS::IAM::Role"]
		f.alarms += n["AWS::CloudWatch::Alarm"]
		for kind, count := range n {
			if strings.HasPrefix(kind, "AWS::ApiGatewayV2::") {
				f.objects += count
			}
		}
	}
	for _, name := range []string{"socket", "data", "domain"} { // written by hand
		text, err := os.ReadFile(root + "/" + Dir + "/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		n := resources(t, text)
		f.stacks++
		f.resources += n[""]
		for kind, count := range n {
			if strings.HasPrefix(kind, "AWS::ApiGatewayV2::") {
				f.objects += count
			}
		}
	}
	return f
}

// TestFigures checks the numbers that quotas of AWS count, for the operations of today and for
// a synthetic catalog of 700 operations, and prints them.
func TestFigures(t *testing.T) {
	for _, all := range [][]op.Operation{catalog.All(), synthetic()} {
		f := measure(t, all)
		t.Logf("%d operations: %d stacks, %d resources, %d in the largest stack, %d roles, %d objects of API Gateway, %d alarms",
			f.operations, f.stacks, f.resources, f.largest, f.roles, f.objects, f.alarms)
		lane := longestLane(rootGroups(t, all))
		t.Logf("the longest of %d lanes has %d objects: with 2 s each, %d s of a first deployment", lanes, lane, 2*lane)
		if lane > 450 {
			t.Errorf("the longest lane has %d objects: a deployment would take over 15 minutes for them", lane)
		}
		if f.most > 5 {
			t.Errorf("an operation adds %d resources, want at most 5", f.most)
		}
		if f.largest > Most {
			t.Errorf("the largest stack has %d resources, want at most %d", f.largest, Most)
		}
		if f.alarms > 14 {
			t.Errorf("got %d alarms, want at most 14", f.alarms)
		}
		if f.roles > 1000 {
			t.Errorf("got %d roles, and an account has 1,000", f.roles)
		}
	}
}

// TestAlarmsHaveRunbooks checks that the description of each alarm names a page that exists.
func TestAlarmsHaveRunbooks(t *testing.T) {
	text := generate(t, catalog.All(), Placement{})[Dir+"/alarms.yaml"]
	pages := regexp.MustCompile(`AlarmDescription: .*; (docs/operations/[a-z-]+\.md)`).FindAllStringSubmatch(string(text), -1)
	if n := resources(t, text)["AWS::CloudWatch::Alarm"]; len(pages) != n {
		t.Errorf("%d of %d alarms name a page", len(pages), n)
	}
	for _, page := range pages {
		if _, err := os.Stat(root + "/" + page[1]); err != nil {
			t.Error(err)
		}
	}
}

// rootGroups returns the stacks of operations as the root template nests them.
func rootGroups(t *testing.T, all []op.Operation) []rootGroup {
	t.Helper()
	var out []rootGroup
	for _, s := range surfaces(all) {
		_, of, err := roles(s.operations, exercised(t))
		if err != nil {
			t.Fatal(err)
		}
		names, by, _, err := place(s.operations, Placement{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			g, err := newGroup(s.name, name, by[name], of)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, rootGroup{ID: camel(name), objects: g.objects()})
		}
	}
	inLanes(out)
	return out
}

// synthetic makes 700 operations: those of today, and five surfaces like tencent in groups of
// 20, with the accesses of today's operations. A third has an HTTP and a WebSocket trigger.
func synthetic() []op.Operation {
	all := catalog.All()
	model := catalog.All()
	for i := 0; len(all) < 700; i++ {
		surface := []string{"easemob", "jpush", "rong", "matrix", "zulip"}[i%5]
		group := fmt.Sprintf("g%c", 'a'+i/5/20)
		name := fmt.Sprintf("%s.%s.op%d", surface, group, i)
		o := model[i%len(model)]
		o.Name, o.Triggers = name, []op.Trigger{{HTTP: "POST /" + surface + "/" + name}}
		if i%3 == 0 {
			o.Triggers = append(o.Triggers, op.Trigger{Socket: name})
		}
		all = append(all, o)
	}
	return all
}

// TestSize checks that size counts the resources of an operation as they are in the file.
func TestSize(t *testing.T) {
	for _, o := range catalog.All() {
		if o.Name == "client.session.connect" { // cannot be in a stack without the authorizer
			continue
		}
		files := generate(t, []op.Operation{o}, Placement{})
		if got, want := resources(t, files[Dir+"/"+o.Surface()+"-"+o.Group()+".yaml"])[""], size(&o); got != want {
			t.Errorf("%s: got %d resources, want %d", o.Name, got, want)
		}
	}
}

// TestPlacement checks that an operation stays in its stack, that a new group gets a stack of
// its name, that a row may name the stack of one operation, and that a stack does not outgrow
// its limit.
func TestPlacement(t *testing.T) {
	of := func(names ...string) []op.Operation {
		var list []op.Operation
		for _, name := range names {
			list = append(list, op.New(op.Operation{Name: name, Triggers: []op.Trigger{{HTTP: "POST /" + name}}}, op.Reads(schema.Accounts)))
		}
		return list
	}
	before := Placement{"big.group": "big-group", "big.group.second": "big-group-more", "big.member": "big-group"}
	files := generate(t, of("big.group.first", "big.group.second", "big.member.third", "big.quiet.fourth"), before)
	for name, want := range map[string]string{"first": "big-group", "second": "big-group-more", "third": "big-group", "fourth": "big-quiet"} {
		for file, text := range files {
			has := strings.Contains(string(text), name+"\n      CodeUri")
			if has != (file == Dir+"/"+want+".yaml") {
				t.Errorf("%s: in %s: %v", name, file, has)
			}
		}
	}
	rows := strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(files[Dir+"/"+PlacementFile]), placementHead), "\n"), "\n")
	want := []string{"big.group\tbig-group", "big.group.second\tbig-group-more", "big.member\tbig-group", "big.quiet\tbig-quiet"}
	if !slices.Equal(rows, want) {
		t.Errorf("rows: got %q, want %q", rows, want)
	}
	var many []string
	for i := range Most + 1 {
		many = append(many, fmt.Sprintf("big.group.op%d", i))
	}
	if _, err := Generate(of(many[:290]...), nil, nil); err != nil {
		t.Error(err)
	}
	if _, err := Generate(of(many...), nil, nil); err == nil || !strings.Contains(err.Error(), "an API has 300") {
		t.Errorf("%d routes: got %v", len(many), err)
	}
	if _, err := Generate(of("big.group.first"), Placement{"big.group": "big2"}, nil); err == nil {
		t.Error("a stack with a number is accepted")
	}
}

// TestLocalCloud checks that the local cloud finds every operation, with its triggers, in the
// root template and its nested stacks, and nothing else.
func TestLocalCloud(t *testing.T) {
	m, err := template.Load(template.Options{
		Root: root + "/template.yaml", Data: root + "/infra/stacks/data.yaml", State: t.TempDir(), SQS: "http://127.0.0.1:3",
		HTTP: "http://127.0.0.1:1", WebSocket: "http://127.0.0.1:2",
	})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, o := range deployed(t) {
		want = append(want, "function "+o.Name)
		for _, d := range o.Triggers {
			switch {
			case d.HTTP != "":
				want = append(want, fmt.Sprintf("http %s %v %s", d.HTTP, d.IAM, o.Name))
			case d.Socket != "":
				authorizer := ""
				if d.Socket == "$connect" {
					authorizer = "client.session.authorizer"
				}
				twoWay := d.Socket != "$connect" && d.Socket != "$disconnect"
				want = append(want, fmt.Sprintf("socket %s %v %q %s", d.Socket, twoWay, authorizer, o.Name))
			case d.Stream != "":
				want = append(want, fmt.Sprintf("stream parley-local-Data-%s true 25 6h0m0s true [%s] %s", camel(string(d.Stream)), d.Filter, o.Name))
			case d.Schedule != "":
				want = append(want, fmt.Sprintf("schedule %s %s", d.Schedule, o.Name))
			case d.Queue != "":
				want = append(want, fmt.Sprintf("queue parley-local-Data-%s 10 true %s", camel(string(d.Queue)), o.Name))
			}
		}
		f, ok := m.Function(o.Name)
		if !ok {
			continue // reported below
		}
		if f.Memory != o.Memory || f.Timeout != o.Timeout {
			t.Errorf("%s: got %d MB and %s, want %d MB and %s", o.Name, f.Memory, f.Timeout, o.Memory, o.Timeout)
		}
		for _, q := range m.Queues {
			if len(f.Queues) == 1 && f.Queues[0].Queue == q.Name && q.Visibility != 6*f.Timeout {
				t.Errorf("queue %s: got visibility %s, want six times %s", q.Name, q.Visibility, f.Timeout)
			}
		}
	}
	for _, f := range m.Functions {
		got = append(got, "function "+f.Handler)
		for _, q := range f.Queues {
			got = append(got, fmt.Sprintf("queue %s %d %v %s", q.Queue, q.BatchSize, q.Partial, f.Handler))
		}
		for _, c := range f.Streams {
			if c.OnFailure != "http://127.0.0.1:3/000000000000/parley-local-Data-Aside" {
				t.Errorf("%s: on failure: %s", f.Handler, c.OnFailure)
			}
			got = append(got, fmt.Sprintf("stream %s %v %d %v %v %v %s", c.Table, c.FromStart, c.Retries, c.MaxAge, c.Bisect, c.Filters, f.Handler))
		}
		for _, c := range f.Schedules {
			got = append(got, fmt.Sprintf("schedule %s %s", c.Expression, f.Handler))
		}
	}
	paths := make(map[string]string) // by first part of a path: the surface
	for _, api := range m.HTTP() {
		for _, r := range api.HTTP {
			got = append(got, fmt.Sprintf("http %s %s %v %s", r.Method, r.Path, r.IAM, r.Function))
			surface, _, _ := strings.Cut(r.Function, ".")
			first := strings.Split(r.Path, "/")[1]
			if other, ok := paths[first]; ok && other != surface {
				t.Errorf("the surfaces %s and %s both have paths under /%s, so that one port cannot serve both", surface, other, first)
			}
			paths[first] = surface
			if api.Name != "parley-local-"+surface {
				t.Errorf("%s is a route of the API %s", r.Path, api.Name)
			}
		}
	}
	for _, r := range m.WebSocket().Socket {
		if r.Mock != nil {
			got = append(got, fmt.Sprintf("mock %s %v %s", r.Key, r.TwoWay, r.Mock.Response))
			continue
		}
		got = append(got, fmt.Sprintf("socket %s %v %q %s", r.Key, r.TwoWay, r.Authorizer, r.Function))
	}
	want = append(want, "mock p false ", `mock pp true {"event":"pong"}`)
	slices.Sort(want)
	slices.Sort(got)
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("missing: %s", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("not in the catalog: %s", line)
		}
	}
}

// TestEnvironment checks the variables of the functions, and the tables with their indexes.
func TestEnvironment(t *testing.T) {
	m, err := template.Load(template.Options{
		Root: root + "/template.yaml", Data: root + "/infra/stacks/data.yaml", State: "/state", SQS: "http://127.0.0.1:3",
		HTTP: "http://127.0.0.1:1", WebSocket: "http://127.0.0.1:2",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"STAGE": "local", "SCHEMA": "1", "LOG_LEVEL": "info", "SEAL_KEY": "file:/state/seal.key",
		"TABLE_CORE": "parley-local-Data-Core", "TABLE_MSG": "parley-local-Data-Msg",
		"TABLE_LIVE": "parley-local-Data-Live", "TABLE_OPS": "parley-local-Data-Ops",
		"QUEUE_DELIVERY":       "http://127.0.0.1:3/000000000000/parley-local-Data-Delivery",
		"QUEUE_BROADCAST":      "http://127.0.0.1:3/000000000000/parley-local-Data-Broadcast",
		"QUEUE_BACKGROUND":     "http://127.0.0.1:3/000000000000/parley-local-Data-Background",
		"QUEUE_PUSH":           "http://127.0.0.1:3/000000000000/parley-local-Data-Push",
		"BUCKET_ARCHIVE":       "parley-local-data-archive",
		"CONNECTIONS_ENDPOINT": "http://127.0.0.1:2/local",
	}
	for _, f := range m.Functions {
		for name, value := range want {
			if f.Environment[name] != value {
				t.Errorf("%s: %s: got %q, want %q", f.Handler, name, f.Environment[name], value)
			}
		}
		if len(f.Environment) != len(want) {
			t.Errorf("%s: got %d variables, want %d: %v", f.Handler, len(f.Environment), len(want), f.Environment)
		}
	}
	for _, table := range m.Tables {
		if table.HashKey.Name != "pk" || table.RangeKey.Name != "sk" || table.TTL != "x" {
			t.Errorf("table %s: got %+v", table.Name, table)
		}
		if stream := table.Path == "Data/Msg"; stream != (table.Stream == "NEW_IMAGE") {
			t.Errorf("table %s: got stream %q", table.Name, table.Stream)
		}
	}
	for _, d := range schema.Descriptors() {
		if len(d.Indexes) == 0 {
			continue
		}
		var want []template.Index
		for _, x := range d.Indexes {
			index := template.Index{
				Name: x.Name, HashKey: template.Attribute{Name: string(schema.IndexedBy), Type: "S"},
				RangeKey: template.Attribute{Name: string(x.Sort), Type: "N"}, Projection: "KEYS_ONLY",
			}
			for _, a := range x.Include {
				index.Projection, index.Include = "INCLUDE", append(index.Include, string(a))
			}
			want = append(want, index)
		}
		core := slices.IndexFunc(m.Tables, func(t template.Table) bool { return t.Path == "Data/Core" })
		if got := m.Tables[core].Indexes; d.Table != schema.Core || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got indexes %+v, want %+v", d.Aggregate, got, want)
		}
	}
	if got, want := len(m.Tables), len(schema.Tables()); got != want {
		t.Errorf("got %d tables, want %d", got, want)
	}
}

// TestChains checks that an operation that sends jobs to the queue that invokes it says that
// the chain is intended, or has one that ends: delivery gives up after a few tries.
func TestChains(t *testing.T) {
	m, err := template.Load(template.Options{
		Root: root + "/template.yaml", Data: root + "/infra/stacks/data.yaml", State: t.TempDir(), SQS: "http://127.0.0.1:3", HTTP: "http://127.0.0.1:1", WebSocket: "http://127.0.0.1:2",
	})
	if err != nil {
		t.Fatal(err)
	}
	chains := 0
	for _, o := range catalog.All() {
		itself := slices.ContainsFunc(o.Triggers, func(d op.Trigger) bool {
			return d.Queue != "" && slices.Contains(o.Declared().Access, "send "+string(d.Queue))
		})
		bounded := o.Name == "worker.delivery.delivery" && delivery.MaxAttempts < 16
		if itself && !o.Continues && !bounded {
			t.Errorf("%s sends jobs to its own queue: Lambda stops the chain after 16. Declare op.Continues, or bound it", o.Name)
		}
		if f, _ := m.Function(o.Name); f.Recursive != o.Continues {
			t.Errorf("%s: the function has RecursiveLoop %v, want %v", o.Name, f.Recursive, o.Continues)
		}
		if o.Continues {
			chains++
		}
	}
	if chains < 2 {
		t.Errorf("%d operations have chains, want broadcast and background", chains)
	}
}

// TestBareDeploymentIsRefused checks that a bare "sam deploy" makes nothing: samconfig.toml has
// neither a default section nor a name of a stack, and both root templates ask for Stage. The
// program asks for Architecture too.
func TestBareDeploymentIsRefused(t *testing.T) {
	config, err := os.ReadFile(root + "/samconfig.toml")
	if err != nil {
		t.Fatal(err)
	}
	sections := regexp.MustCompile(`(?m)^\[+ *"?(\w+)`).FindAllStringSubmatch(string(config), -1)
	if len(sections) < 6 {
		t.Errorf("samconfig.toml: found %d sections, want two for each of three stages", len(sections))
	}
	for _, s := range sections {
		if s[1] == "default" {
			t.Error("samconfig.toml has a default section, which a bare sam deploy uses")
		}
	}
	if regexp.MustCompile(`(?m)^ *"?stack_name`).Match(config) {
		t.Error("samconfig.toml names a stack, so that sam deploy does not ask for its name")
	}
	for file, want := range map[string][]string{"template.yaml": {"Stage", "Architecture"}, Dir + "/data.yaml": {"Stage"}} {
		text, err := os.ReadFile(root + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Parameters map[string]map[string]any `yaml:"Parameters"`
		}
		if err := yaml.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		for _, name := range want {
			p, declared := doc.Parameters[name]
			if _, guessed := p["Default"]; !declared || guessed {
				t.Errorf("%s: parameter %s: got %v, want one without a default", file, name, p)
			}
		}
	}
}

// TestTimeouts checks that every timeout is shorter than the time that API Gateway waits, and
// long enough for a call that is retried.
func TestTimeouts(t *testing.T) {
	for _, o := range deployed(t) {
		if o.Surface() != "worker" && o.Timeout > 29*time.Second {
			t.Errorf("%s has the timeout %s, but API Gateway waits 29 s at most", o.Name, o.Timeout)
		}
		if slices.ContainsFunc(o.Triggers, func(d op.Trigger) bool { return d.Authorizer }) && o.Timeout > 10*time.Second {
			t.Errorf("%s has the timeout %s, but API Gateway waits 10 s at most for an authorizer", o.Name, o.Timeout)
		}
		// In 3 s a function can make one attempt that gets no answer, and the shortest call
		// after it (docs/adr/0027).
		if o.Timeout < 3*time.Second {
			t.Errorf("%s has the timeout %s, which is too short for a call whose first attempt gets no answer", o.Name, o.Timeout)
		}
		if o.Timeout%time.Second != 0 || o.Memory < 128 {
			t.Errorf("%s: got %s and %d MB", o.Name, o.Timeout, o.Memory)
		}
	}
}

// deployed returns the operations with the memory that their functions have.
func deployed(t *testing.T) []op.Operation {
	t.Helper()
	all := catalog.All()
	if err := cost.SetMemory(root, all); err != nil {
		t.Fatal(err)
	}
	return all
}
