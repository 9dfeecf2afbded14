package html

import (
	"reflect"

	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// safeCopy returns v with every string escaped, at any depth. A value without
// strings is shared with v, not copied. Unexported fields keep their values;
// templates and JSON do not show them.
func safeCopy[T any](v T) T {
	out := reflect.ValueOf(&v).Elem()
	if c := safeValue(out); c.IsValid() {
		out.Set(c)
	}
	return v
}

func safeValue(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		out := reflect.New(v.Type()).Elem()
		out.SetString(escape.Text(v.String()))
		return out
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		if v.Kind() == reflect.Interface {
			out.Set(safeValue(v.Elem()))
			return out
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(safeValue(v.Elem()))
		out.Set(p)
		return out
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(safeValue(v.Field(i)))
			}
		}
		return out
	case reflect.Slice:
		if v.IsNil() || !holdsStrings(v.Type().Elem()) {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(safeValue(v.Index(i)))
		}
		return out
	case reflect.Array:
		out := reflect.New(v.Type()).Elem()
		for i := range v.Len() {
			out.Index(i).Set(safeValue(v.Index(i)))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, k := range v.MapKeys() {
			out.SetMapIndex(safeValue(k), safeValue(v.MapIndex(k)))
		}
		return out
	}
	return v
}

// holdsStrings reports whether a value of type t can hold a string. Types that
// contain other types count as if they can.
func holdsStrings(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return false
	}
	return true
}
