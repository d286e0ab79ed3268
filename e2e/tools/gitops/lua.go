package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/argoproj/gitops-engine/pkg/health"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// How long Argo CD lets a health check run.
const patience = time.Second

// Health checks by group and kind, as Argo CD reads them from its ConfigMap: the engine's hook for custom health.
type checks map[string]string

func readChecks(path string) (checks, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var config struct{ Data checks }
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return config.Data, nil
}

// GetResourceHealth runs the check for the object's kind; nil when there is none.
func (c checks) GetResourceHealth(object *unstructured.Unstructured) (*health.HealthStatus, error) {
	kind := object.GroupVersionKind()
	script, found := c["resource.customizations.health."+kind.Group+"_"+kind.Kind]
	if !found {
		return nil, nil
	}
	state, err := sandbox()
	if err != nil {
		return nil, err
	}
	defer state.Close()
	limited, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	state.SetContext(limited)
	state.SetGlobal("obj", luaValue(state, object.Object))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	return answer(state.Get(-1))
}

// sandbox is what Argo CD gives to a health check: Lua's base, table and package libraries, and of `os` the time and the
// date, for who requires it. No strings, no mathematics, no files.
func sandbox() (*lua.LState, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	open := func(name string, library lua.LGFunction) error {
		return state.CallByParam(lua.P{Fn: state.NewFunction(library), Protect: true}, lua.LString(name))
	}
	for name, library := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable, lua.OsLibName: lua.OpenOs,
	} {
		if err := open(name, library); err != nil {
			return nil, err
		}
	}
	whole := state.GetGlobal(lua.OsLibName).(*lua.LTable)
	safe := state.NewTable()
	for _, name := range []string{"time", "date"} {
		safe.RawSetString(name, whole.RawGetString(name))
	}
	loaded := state.GetField(state.GetGlobal(lua.LoadLibName), "loaded").(*lua.LTable)
	loaded.RawSetString(lua.OsLibName, lua.LNil)
	state.SetGlobal(lua.OsLibName, lua.LNil)
	state.PreloadModule(lua.OsLibName, func(state *lua.LState) int { state.Push(safe); return 1 })
	return state, nil
}

// answer reads what a check returned.
func answer(value lua.LValue) (*health.HealthStatus, error) {
	table, ok := value.(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("the check returned %s, not a table", value.Type())
	}
	said := &health.HealthStatus{Status: health.HealthStatusCode(lua.LVAsString(table.RawGetString("status"))),
		Message: lua.LVAsString(table.RawGetString("message"))}
	switch said.Status {
	case health.HealthStatusHealthy, health.HealthStatusProgressing, health.HealthStatusDegraded,
		health.HealthStatusSuspended, health.HealthStatusMissing, health.HealthStatusUnknown:
		return said, nil
	}
	return nil, fmt.Errorf("the check returned the status %q", said.Status)
}

// luaValue is a JSON value as Lua sees it.
func luaValue(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case string:
		return lua.LString(value)
	case int64:
		return lua.LNumber(value)
	case float64:
		return lua.LNumber(value)
	case json.Number:
		return lua.LString(value)
	case []any:
		list := state.NewTable()
		for _, item := range value {
			list.Append(luaValue(state, item))
		}
		return list
	case map[string]any:
		table := state.NewTable()
		for name, member := range value {
			table.RawSetString(name, luaValue(state, member))
		}
		return table
	}
	return lua.LNil
}
