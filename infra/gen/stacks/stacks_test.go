package stacks

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"parley/functions/catalog"
	"parley/infra/local/template"
	"parley/shared/op"
	"parley/shared/store"
)

const root = "../../.."

// resources counts the resources of a stack as CloudFormation will: those in the file, and
// those that SAM adds, which are the mapping of an event source and the rule of a schedule.
func resources(t *testing.T, text []byte) int {
	t.Helper()
	var doc struct {
		Resources map[string]struct {
			Properties struct {
				Events map[string]yaml.Node `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	n := len(doc.Resources)
	for _, r := range doc.Resources {
		n += len(r.Properties.Events)
		if _, schedule := r.Properties.Events["Clock"]; schedule {
			n++ // the permission of the rule
		}
	}
	return n
}

func generate(t *testing.T, all []op.Operation, before Placement) map[string][]byte {
	t.Helper()
	files, err := Generate(all, before)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestStacksAreSmallEnough checks that no stack has more than Most resources.
func TestStacksAreSmallEnough(t *testing.T) {
	files, err := filepath.Glob(root + "/infra/stacks/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stacks: %v", err)
	}
	for name, text := range generate(t, catalog.All(), nil) {
		n := resources(t, text)
		t.Logf("%s: %d resources, %d KB", name, n, len(text)>>10)
		if n > Most {
			t.Errorf("%s has %d resources, want at most %d", name, n, Most)
		}
	}
}

// TestSize checks that size, by which operations are placed, counts the resources of an
// operation as they are in the file.
func TestSize(t *testing.T) {
	for _, o := range catalog.All() {
		if o.Name == "client.session.connect" { // cannot be in a stack without the authorizer
			continue
		}
		for name, text := range generate(t, []op.Operation{o}, nil) {
			extra := 1
			if name == "client.yaml" {
				extra += heartbeatSize
			}
			if got, want := resources(t, text), size(&o)+extra; got != want {
				t.Errorf("%s: got %d resources, want %d", o.Name, got, want)
			}
		}
	}
}

// synthetic makes a surface with groups of n operations. Each operation has two triggers.
func synthetic(groups, n int) []op.Operation {
	var all []op.Operation
	for g := range groups {
		for i := range n {
			name := fmt.Sprintf("big.g%d.op%d", g, i)
			all = append(all, op.New(op.Operation{
				Name: name, Triggers: []op.Trigger{{HTTP: "POST /big/" + name}, {Socket: name}},
			}, op.Reads(store.Accounts)))
		}
	}
	return all
}

// TestPlacement checks that stacks are filled up to Full, that a group stays together if it
// can, and that an operation never moves.
func TestPlacement(t *testing.T) {
	all := synthetic(12, 9) // 1,200 resources
	files := generate(t, all, nil)
	if len(files) < 3 {
		t.Errorf("got %d stacks, want 3 or more", len(files))
	}
	placed := placementOf(files)
	for i := range all {
		g := all[i].Group()
		if placed[all[i].Name] != placed["big."+g+".op0"] {
			t.Errorf("group %s is in two stacks, though each group fits in one", g)
		}
	}
	for name, text := range files {
		if n := resources(t, text); n > Full {
			t.Errorf("%s has %d resources, want at most %d", name, n, Full)
		}
	}
	if _, ok := files["big.yaml"]; !ok || files["big2.yaml"] == nil {
		t.Errorf("got %d files without big.yaml and big2.yaml", len(files))
	}

	// Operations stay in their stacks, wherever new ones are in the catalog.
	more := slices.Concat(synthetic(14, 10)[:35], synthetic(14, 10)[35:])
	slices.Reverse(more)
	after := placementOf(generate(t, more, placed))
	for name, i := range placed {
		if after[name] != i {
			t.Errorf("%s moved from stack %d to %d", name, i+1, after[name]+1)
		}
	}
	if len(after) != len(more) {
		t.Errorf("got %d operations, want %d", len(after), len(more))
	}

	// A group that is larger than a stack is split.
	for name, text := range generate(t, synthetic(1, 90), nil) {
		if n := resources(t, text); n > Full {
			t.Errorf("one large group: %s has %d resources", name, n)
		}
	}
}

// placementOf reads the placement from the stacks of the surface big.
func placementOf(files map[string][]byte) Placement {
	out := make(Placement)
	for name, text := range files {
		i := 0
		if n := strings.TrimSuffix(strings.TrimPrefix(name, "big"), ".yaml"); n != "" {
			_, _ = fmt.Sscan(n, &i)
			i--
		}
		for line := range strings.Lines(string(text)) {
			if h, ok := strings.CutPrefix(line, "      Handler: "); ok {
				out[strings.TrimSpace(h)] = i
			}
		}
	}
	return out
}

// TestLocalCloud checks that the local cloud finds every operation, with its triggers, in the
// root template and its nested stacks, and nothing else.
func TestLocalCloud(t *testing.T) {
	m, err := template.Load(template.Options{
		Root: root + "/template.yaml", State: t.TempDir(), SQS: "http://127.0.0.1:3",
		HTTP: "http://127.0.0.1:1", WebSocket: "http://127.0.0.1:2",
	})
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	integrations := 0
	for _, o := range catalog.All() {
		want = append(want, "function "+o.Name)
		for _, d := range o.Triggers {
			switch {
			case d.HTTP != "":
				integrations++
				want = append(want, fmt.Sprintf("http %s %v %s", d.HTTP, d.IAM, o.Name))
			case d.Socket != "":
				authorizer := ""
				if d.Socket == "$connect" {
					authorizer = "client.session.authorizer"
				}
				twoWay := d.Socket != "$connect" && d.Socket != "$disconnect"
				want = append(want, fmt.Sprintf("socket %s %v %q %s", d.Socket, twoWay, authorizer, o.Name))
			case d.Stream != "":
				want = append(want, fmt.Sprintf("stream parley-local-Data-%s true -1 true [%s] %s", camel(string(d.Stream)), d.Filter, o.Name))
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
			got = append(got, fmt.Sprintf("stream %s %v %d %v %v %s", c.Table, c.FromStart, c.Retries, c.Bisect, c.Filters, f.Handler))
		}
		for _, c := range f.Schedules {
			got = append(got, fmt.Sprintf("schedule %s %s", c.Expression, f.Handler))
		}
	}
	for _, r := range m.HTTP().HTTP {
		got = append(got, fmt.Sprintf("http %s %s %v %s", r.Method, r.Path, r.IAM, r.Function))
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
	if integrations > 300 {
		t.Errorf("the HTTP API has %d integrations, and 300 are allowed", integrations)
	}
}

// TestEnvironment checks the variables of the functions, and the tables with their indexes.
func TestEnvironment(t *testing.T) {
	m, err := template.Load(template.Options{
		Root: root + "/template.yaml", State: "/state", SQS: "http://127.0.0.1:3",
		HTTP: "http://127.0.0.1:1", WebSocket: "http://127.0.0.1:2",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"STAGE": "local", "LOG_LEVEL": "info", "SEAL_KEY": "file:/state/seal.key",
		"TABLE_CORE": "parley-local-Data-Core", "TABLE_MSG": "parley-local-Data-Msg",
		"TABLE_LIVE": "parley-local-Data-Live", "TABLE_OPS": "parley-local-Data-Ops",
		"QUEUE_DELIVERY":       "http://127.0.0.1:3/000000000000/parley-local-Data-Delivery",
		"QUEUE_ANNOUNCE":       "http://127.0.0.1:3/000000000000/parley-local-Data-Announce",
		"QUEUE_SWEEP":          "http://127.0.0.1:3/000000000000/parley-local-Data-Sweep",
		"QUEUE_PUSH":           "http://127.0.0.1:3/000000000000/parley-local-Data-Push",
		"QUEUE_INDEX":          "http://127.0.0.1:3/000000000000/parley-local-Data-Index",
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
	for _, a := range store.Aggregates() {
		if len(a.Indexes()) == 0 {
			continue
		}
		var want []template.Index
		for _, x := range a.Indexes() {
			index := template.Index{
				Name: x.Name, HashKey: template.Attribute{Name: store.IndexedBy, Type: "S"},
				RangeKey: template.Attribute{Name: x.Sort, Type: "N"}, Projection: "KEYS_ONLY", Include: x.Include,
			}
			if len(x.Include) > 0 {
				index.Projection = "INCLUDE"
			}
			want = append(want, index)
		}
		core := slices.IndexFunc(m.Tables, func(t template.Table) bool { return t.Path == "Data/Core" })
		if got := m.Tables[core].Indexes; a.Table() != store.Core || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got indexes %+v, want %+v", a, got, want)
		}
	}
	if got, want := len(m.Tables), len(store.Tables()); got != want {
		t.Errorf("got %d tables, want %d", got, want)
	}
}

// TestAccess checks which statements the options of an operation give, and that an unknown
// access is refused.
func TestAccess(t *testing.T) {
	o := op.New(op.Operation{Name: "a.b.c", Triggers: []op.Trigger{{Socket: "b.c"}}},
		op.Reads(store.Accounts), op.Writes(store.Sessions), op.Delivers(), op.ClosesConnections(), op.DecryptsSecrets(), op.EncryptsSecrets())
	list, err := statements(&o, "BC")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, s.Sid+" "+strings.Join(s.Actions, ","))
	}
	want := []string{
		`Log "logs:CreateLogStream","logs:PutLogEvents"`,
		`Close "execute-api:ManageConnections"`,
		`Open "kms:Decrypt"`,
		`Post "execute-api:ManageConnections"`,
		`ReadAccounts "dynamodb:GetItem","dynamodb:BatchGetItem","dynamodb:Query","dynamodb:ConditionCheckItem"`,
		`ReadApps "dynamodb:GetItem","dynamodb:BatchGetItem","dynamodb:Query","dynamodb:ConditionCheckItem"`,
		`ReadSessions "dynamodb:GetItem","dynamodb:BatchGetItem","dynamodb:Query","dynamodb:ConditionCheckItem"`,
		`Seal "kms:Encrypt"`,
		`SendAnnounce "sqs:SendMessage"`,
		`SendDelivery "sqs:SendMessage"`,
		`WriteSessions "dynamodb:PutItem","dynamodb:UpdateItem","dynamodb:DeleteItem","dynamodb:BatchWriteItem"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, bad := range []string{"read nothing", "send nowhere", "fly", "write", "store nothing", "fly part"} {
		if _, err := allow(bad); err == nil {
			t.Errorf("%q: got a statement, want an error", bad)
		}
	}
	for _, a := range store.Aggregates() {
		if _, err := allow("read " + string(a)); err != nil {
			t.Error(err)
		}
	}
}

// TestTimeouts checks that every timeout is shorter than the time that API Gateway waits, and
// long enough for a call that is retried.
func TestTimeouts(t *testing.T) {
	for _, o := range catalog.All() {
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
