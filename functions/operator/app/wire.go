package app

import (
	"parley/shared/domain/apps"
	"parley/shared/domain/sessions"
)

// appView is an application as the operator sees it; secrets are not in it.
type appView struct {
	ID            int64     `json:"SdkAppId"`
	Name          string    `json:"Name"`
	Edition       string    `json:"Edition"`
	Disabled      bool      `json:"Disabled"`
	LoginPolicy   string    `json:"LoginPolicy"`
	RetentionDays int       `json:"RetentionDays"`
	DeleteAllowed bool      `json:"DeleteAllowed"`
	Native        int       `json:"NativeInstances"`
	Web           int       `json:"WebInstances"`
	PeakOnline    int       `json:"PeakOnline"`
	Created       int64     `json:"Created"` // Unix seconds
	Updated       int64     `json:"Updated"` // Unix seconds
	Keys          []keyView `json:"Keys"`
	Admins        []string  `json:"Admins"`
}

type keyView struct {
	N       int   `json:"N"`
	Created int64 `json:"Created"`         // Unix seconds
	Until   int64 `json:"Until,omitempty"` // Unix seconds; absent: no end
}

func view(a apps.App) appView {
	limits := a.Settings.Limits()
	v := appView{
		ID: a.ID, Name: a.Settings.Name, Edition: string(a.Settings.Edition), Disabled: a.Settings.Disabled,
		LoginPolicy: string(a.Settings.LoginPolicy), RetentionDays: limits.RetentionDays,
		DeleteAllowed: limits.DeleteAllowed, Native: limits.Native, Web: limits.Web, PeakOnline: a.Settings.PeakOnline,
		Created: a.Created, Updated: a.Updated, Admins: a.Admins,
	}
	for _, k := range a.Keys {
		v.Keys = append(v.Keys, keyView{N: k.N, Created: k.Created, Until: k.Until})
	}
	return v
}

// settings are the fields an operator may set. What is left out stays.
type settings struct {
	Name          *string `json:"Name"`
	Edition       *string `json:"Edition"`
	Disabled      *bool   `json:"Disabled"`
	LoginPolicy   *string `json:"LoginPolicy"`
	RetentionDays *int    `json:"RetentionDays"`
	DeleteAllowed *bool   `json:"DeleteAllowed"`
	Native        *int    `json:"NativeInstances"`
	Web           *int    `json:"WebInstances"`
	PeakOnline    *int    `json:"PeakOnline"`
}

func (in settings) apply(s apps.Settings) apps.Settings {
	set(&s.Name, in.Name)
	if in.Edition != nil {
		s.Edition = apps.Edition(*in.Edition)
	}
	set(&s.Disabled, in.Disabled)
	if in.LoginPolicy != nil {
		s.LoginPolicy = sessions.Policy(*in.LoginPolicy)
	}
	set(&s.RetentionDays, in.RetentionDays)
	set(&s.DeleteAllowed, in.DeleteAllowed)
	set(&s.NativeInstances, in.Native)
	set(&s.WebInstances, in.Web)
	set(&s.PeakOnline, in.PeakOnline)
	return s
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// named is a request about one application.
type named struct {
	ID int64 `json:"SdkAppId"`
}
