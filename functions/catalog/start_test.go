package catalog

import (
	"fmt"
	"strings"
	"testing"

	"parley/functions/client/message"
	"parley/shared/op"
)

// synthetic returns the catalog with as many more groups of vendors as give n operations.
func synthetic(n int) op.Catalog {
	c := Groups()
	size := len(message.Operations())
	for i := 0; (i+1)*size <= n-len(All()); i++ {
		name := fmt.Sprintf("vendor%d.message", i)
		c = append(op.Catalog{{Name: name, Operations: func() []op.Operation {
			list := message.Operations()
			for j := range list {
				list[j].Name = name + strings.TrimPrefix(list[j].Name, "client.message")
			}
			return list
		}}}, c...)
	}
	return c
}

// TestStartDoesNotGrow checks that a function that starts makes only the operations of its
// own group: with 700 operations it allocates as often as today.
func TestStartDoesNotGrow(t *testing.T) {
	const many = 700
	large := synthetic(many)
	if n := len(large.All()); n < many-25 {
		t.Fatalf("the synthetic catalog has %d operations", n)
	}
	for _, o := range All() {
		today := testing.AllocsPerRun(5, func() { Groups().Find(o.Name) })
		later := testing.AllocsPerRun(5, func() { large.Find(o.Name) })
		if later > today*1.05 {
			t.Errorf("%s: %g allocations in a catalog of %d operations, %g today", o.Name, later, many, today)
		}
	}
}

// TestGroups checks that the operations of a group have its name.
func TestGroups(t *testing.T) {
	for _, g := range Groups() {
		for _, o := range g.Operations() {
			if o.Surface()+"."+o.Group() != g.Name {
				t.Errorf("the group %s has %s", g.Name, o.Name)
			}
		}
	}
}

// BenchmarkFind finds an operation in the catalog, as a function that starts does.
func BenchmarkFind(b *testing.B) {
	for _, size := range []struct {
		name    string
		catalog op.Catalog
	}{{"today", Groups()}, {"700", synthetic(700)}} {
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if size.catalog.Find("client.message.send") == nil {
					b.Fatal("not found")
				}
			}
		})
	}
}
