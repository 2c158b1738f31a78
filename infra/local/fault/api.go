package fault

import (
	"encoding/json"
	"net/http"
	"time"
)

// State is the body of GET, PUT and POST /_local/faults.
type State struct {
	Seed   uint64 `json:"seed"`
	Rules  []Rule `json:"rules"`
	LifeMS int    `json:"life_ms,omitempty"` // Limits.Life in ms
	IdleMS int    `json:"idle_ms,omitempty"` // Limits.Idle in ms
	Fired  []int  `json:"fired,omitempty"`   // how many calls each rule was applied to; only in answers
}

// State returns the rules and limits in force.
func (f *Injector) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := State{
		Seed: f.seed, Rules: make([]Rule, len(f.rules)), Fired: make([]int, len(f.rules)),
		LifeMS: int(f.limits.Life / time.Millisecond), IdleMS: int(f.limits.Idle / time.Millisecond),
	}
	for i, r := range f.rules {
		s.Rules[i], s.Fired[i] = r.Rule, r.fired
	}
	return s
}

// ServeHTTP serves /_local/faults. PUT replaces the State, POST adds rules to it,
// DELETE clears it. GET and all the others answer with the State.
func (f *Injector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodDelete:
		f.Clear()
	case http.MethodPut, http.MethodPost:
		var in State
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&in)
		for _, rule := range in.Rules {
			if err == nil {
				err = rule.check()
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if r.Method == http.MethodPut {
			f.Clear()
		}
		if in.Seed != 0 {
			f.Reseed(in.Seed)
		}
		if r.Method == http.MethodPut || in.LifeMS != 0 || in.IdleMS != 0 {
			f.SetLimits(Limits{Life: time.Duration(in.LifeMS) * time.Millisecond, Idle: time.Duration(in.IdleMS) * time.Millisecond})
		}
		if err := f.Add(in.Rules...); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	default:
		w.Header().Set("Allow", "GET, PUT, POST, DELETE")
		http.Error(w, "use GET, PUT, POST or DELETE", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(f.State()) // an error means that the client has gone
}
