// Package journal keeps, in a file, every write of a run: before it is sent,
// and what became of it. From such files a later run tells which replace was
// cut off, and undo tells what to take back.
//
// A journal is JSON lines, one record each, of the kinds that are the types
// below. It is only ever appended to. It may hold several runs, one after the
// other, where they were given the same file:
//
//	{"record":"run","kind":"Journal","run":"20261123T080000Z-5d1c9a",…}
//	{"record":"cluster","cluster":"arn:…","callers":[…],…}
//	{"record":"begin","write":1,"cluster":"arn:…","step":{…},"before":{…},"undo":[…],…}
//	{"record":"end","write":1,"outcome":"done","requestId":"…",…}
//	{"record":"finished","cluster":"arn:…",…}
//	{"record":"finished",…}
//
// A begin is on the disk before its call is sent. Records of clusters that are
// written side by side come in any order. A run that was killed has no
// finished record at its end, and perhaps half a line.
//
// Nothing here can hold a credential: what is recorded are plans, entries,
// answers, and how a cluster is reached, by the names of profiles and roles.
package journal
