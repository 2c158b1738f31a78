package app_test

import (
	"testing"

	"parley/shared/app"
	"parley/shared/domain/apps"
	"parley/shared/store"
)

// TestForEffective checks that the domain of an application is made once, and again if another
// application calls or if the directory has read the application again.
func TestForEffective(t *testing.T) {
	a := app.New(app.Parts{Store: &store.Store{}})
	first, second := &apps.EffectiveApp{App: apps.App{ID: 1}}, &apps.EffectiveApp{App: apps.App{ID: 2}}
	again := *first
	one := a.ForEffective(first)
	if a.ForEffective(first) != one {
		t.Error("the domain of the same application is made twice")
	}
	for what, o := range map[string]*apps.EffectiveApp{"another application": second, "the application, read again,": &again} {
		if got := a.ForEffective(o); got == one {
			t.Errorf("%s has the domain of the first one", what)
		}
		one = a.ForEffective(first)
	}
}
