// Package ekssim is an Amazon EKS just big enough to test and to demonstrate
// a reconciler of access entries: an HTTP server on loopback that answers as
// EKS, STS and IAM do, on one port, to unchanged AWS SDKs and to the aws
// command line.
//
// It remembers, refuses, throttles and lags. A [World] (a YAML file or a Go
// value) says what is there at the start, faults say what goes wrong, a
// journal keeps every call, and the effective access of every principal after
// every change, by access entry or by aws-auth, can be read back; see [Access].
//
// It judges by tables of its own, written from what AWS publishes, and shares
// none with the program it is the counterpart of: a wrong fact would
// otherwise pass both. It must know nothing of packages spec, plan, apply and
// live, and it imports no AWS SDK outside its tests.
//
// Comments name where a fact comes from. "Table row 12" is the list of error
// texts in errors.go. "[U]" marks behaviour no public source describes: there
// the simulator is the stricter, or else the simpler, of the possibilities,
// and texts it had to invent begin with "ekssim:".
//
// # A server in a test
//
//	world, err := ekssim.ParseWorld([]byte(seed))
//	sim, err := ekssim.Start(world)      // 127.0.0.1, free port
//	defer sim.Close()
//	env := sim.Env("AKIAADMIN")          // AWS_ENDPOINT_URL=…, keys, region
//	sim.AddFault(ekssim.Fault{Operation: "AssociateAccessPolicy", Effect: "lost", Count: 1})
//	calls := sim.Calls(ekssim.CallFilter{Mutating: true})
//
// [New] makes one without a listener: the [Server] is an http.Handler.
//
// # Who is calling
//
// Service, region and access key are taken from the credential scope of the
// Authorization header; signatures are not verified. The access key names a
// user, a root or a role session of an account. A cluster is found by the
// caller's account, the region of the scope and its name, so that one account
// never sees the clusters of another. IAM answers about the caller's own
// account only.
//
// # The seed
//
// Everything may be left out but cluster names:
//
//	settings:
//	  seed: 1                    # of generated ids and of probabilities
//	  pageSize: 100              # EKS list pages hold at most this many
//	  iamPageSize: 100           # and those of iam:ListRoles
//	  updatePolls: 1             # an update is done after this many InProgress answers,
//	  updateDuration: 50ms       # or this long; if only one is set, only that counts
//	  updateConflict: ResourceInUseException   # table row 20; or InvalidRequestException
//	  latency: 0s                # before every answer
//	  visibilityLag: 0s          # new entries and associations are not seen for so long
//	  rateLimit: {rate: 20, burst: 40, code: ThrottlingException}   # EKS, per account and region
//	  iamRateLimit: {rate: 5, burst: 10}
//	  maxEntries: 3000
//	  shuffle: false             # lists come in no useful order
//	  looseNamespaces: false     # accept a lone "*" and one inside a name
//	  staleHides: false          # a stale entry hides its row of aws-auth from logins too
//	  modeNeedsCreate: false     # the switch to an API mode needs eks:CreateAccessEntry
//	  updateKeeps: false         # UpdateAccessEntry leaves alone what is not sent
//	  clockOffset: 0s            # how far AWS's clock is ahead of this machine's; -9h: behind
//	accounts:
//	  - id: "111122223333"
//	    partition: aws           # else from the region of its first cluster
//	    roles:
//	      - admin                # path/name, or all of it:
//	      - {name: nodes, path: /infra/, id: AROA…, createdAt: 2025-03-01T00:00:00Z, lastUsed: …}
//	      - {name: fresh, propagation: {calls: 2}}       # or {for: 10s}: table row 2 till then
//	      - {name: ops, externalId: x, assumableBy: ["arn:aws:iam::444455556666:*"]}
//	      - {name: ci, trust: {Version: "2012-10-17", Statement: []}}   # or as text; by default that of its kind
//	      - {bulk: {prefix: team/r, count: 250}}         # team/r0001 … team/r0250
//	    users: [alice]
//	credentials:                 # left out: AKIASIM<account> of role/eksaccess in each account
//	  - {accessKeyId: AKIAADMIN, principal: role/admin, session: me}
//	  - {accessKeyId: AKIAALICE, principal: "arn:aws:iam::111122223333:user/alice", denied: [eks:Create*]}
//	  - {accessKeyId: AKIAOLD, principal: role/admin, expired: true}
//	  - accessKeyId: AKIACI
//	    principal: role/ci
//	    policies: [{Statement: [{Effect: Allow, Action: "eks:Describe*", Resource: "*"}]}]
//	clusters:
//	  - name: prod
//	    region: eu-west-1        # default
//	    account: "111122223333"  # default: the first account
//	    mode: API_AND_CONFIG_MAP # default; CONFIG_MAP, API, or none: a cluster without accessConfig
//	    status: ACTIVE
//	    creator: role/admin
//	    bootstrap: true          # bootstrapClusterCreatorAdminPermissions
//	    outpostId: 0a1b2c3d-…    # a local cluster on an Outpost
//	    hideAccessConfig: true   # DescribeCluster shows no accessConfig, whatever the mode
//	    privateEndpoint: true    # what DescribeCluster says of it
//	    nodeGroups: [{name: ng, role: role/infra/nodes}]
//	    fargateProfiles: [{name: fp, role: role/fargate, orphan: true}]   # no such role any more; as of node groups
//	    connector: {provider: OTHER}    # a registered cluster, not an EKS one
//	    failUpdate: {errorCode: AccessDenied, times: 1}
//	    awsAuth: |               # the ConfigMap's data, with lists as text or as lists
//	      mapRoles: …
//	    logging: [audit]         # api, audit, authenticator, controllerManager, scheduler; none by default
//	    publicCidrs: [203.0.113.0/24]   # 0.0.0.0/0 by default
//	    certificateAuthorities:  # one, or a signer and another; see [CertificateAuthority]
//	      - {notAfter: 2027-01-01T00:00:00Z}
//	      - {createdBy: EKS, firstAutoActivation: 2026-12-01T00:00:00Z, finalAutoActivation: 2026-12-20T00:00:00Z}
//	    identityProviders: [{name: okta, issuer: https://okta.example.com, clientId: kubernetes}]
//	    entries:
//	      - principal: role/team/payments
//	        groups: [payments]
//	        tags: {team: payments}
//	        policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [shop, "shop-*"]}]
//	      - {principal: role/rebuilt, boundTo: AROAOLD}  # dead: the role was recreated
//	      - {principal: role/gone, orphan: true}         # dead: no such role
//	      - {principal: role/infra/nodes, type: EC2_LINUX}
//	      - {bulk: {prefix: team/r, count: 250}, policies: [AmazonEKSViewPolicy]}
//	faults:
//	  - {operation: "Describe*", effect: throttle, probability: 0.2}
//
// Principals, the cluster's own role, node roles and the creator may be
// written role/[path/]name or user/[path/]name; the account is then that of
// the cluster. A principal that is named but not listed under accounts is made to
// exist there, save entries with orphan: true. Accounts named by nothing but
// the ARN of an entry are unknown: their principals are not checked.
//
// A role without trust has the trust policy of its kind, fixed when the role
// is first known: of a SAML provider (Identity Center's roles), of the service
// in its path (service-linked roles), of those in assumableBy, of the service
// that uses it (node groups, Fargate profiles, entries of node types, node rows
// of aws-auth, capabilities, the cluster's own role), else of its account.
//
// [Server.World] writes the same format with every default filled in and bulk
// lines spelled out; loading that and writing it again gives the same bytes.
//
// # Kubernetes
//
// Every cluster has a Kubernetes endpoint, on loopback too, with TLS of an
// authority that DescribeCluster tells; a seed or an edit may name another
// endpoint. It takes tokens of the aws command line and the like, made with
// the secret "simulated", and maps their owner by access entries and aws-auth;
// a key that outlived its principal, or an entry bound to a principal that was
// recreated since, gives no access. What is allowed comes from access policies
// and from RBAC's bindings. kubectl takes it for a Kubernetes that can be
// read, but not changed: it answers self reviews (who am I, can I), gets and
// lists namespaces, cluster roles, roles, their bindings and the ConfigMap
// aws-auth, and has no objects of other kinds. A cluster may hold
//
//	kubernetes:
//	  namespaces: [payments]
//	  clusterRoles:
//	    - metadata: {name: node-reader}
//	      rules: [{apiGroups: [""], resources: [nodes], verbs: [get, list]}]
//	  clusterRoleBindings:
//	    - metadata: {name: devs}
//	      roleRef: {name: node-reader}
//	      subjects: [{kind: Group, name: devs}]
//	  roles: […]
//	  roleBindings:
//	    - metadata: {name: devs, namespace: payments}
//	      roleRef: {name: edit}
//	      subjects: [{kind: User, name: alice}]
//	  noBasicUser: false         # true: only an admin may ask for reviews of himself
//
// besides the roles, bindings and namespaces every cluster has. Calls and
// faults are of service "kubernetes", operations GetConfigMap, ListNamespaces,
// CreateSelfSubjectReview, CreateSelfSubjectAccessReview and so on. Faults have
// the effects unauthorized, deny (403), timeout, reset, wrongCertificate and
// others; a lag hides what Kubernetes has not heard of yet.
//
// A real API server can take the place of that endpoint and ask here who
// a caller is and what its access policies allow, by webhooks of version v1
// and without credentials:
//
//	POST /_webhook/ACCOUNT/REGION/CLUSTER/authenticate   a TokenReview
//	POST /_webhook/ACCOUNT/REGION/CLUSTER/authorize      a SubjectAccessReview
//
// # The control path
//
// The same server answers, without credentials:
//
//	GET    /_sim/world              the world, as YAML
//	PUT    /_sim/world              another world in its place (YAML or JSON)
//	GET    /_sim/calls              the journal, JSON lines;
//	                                ?mutating=1 ?since=SEQ ?service= ?operation=GLOB ?cluster= ?failed=1
//	DELETE /_sim/calls              forget it
//	GET    /_sim/faults             rules and how often each was seen and fired
//	POST   /_sim/faults             add rules: one, or a list (YAML or JSON)
//	DELETE /_sim/faults             remove all, or ?name=NAME
//	PATCH  /_sim/settings           change the settings that are named
//	POST   /_sim/edit               a change behind the API's back; see [Edit]
//	GET    /_sim/rights             what entries give now, JSON; ?cluster= ?account= ?region=
//	GET    /_sim/history            every change of that, JSON lines
//	GET    /_sim/access             effective access by entry or aws-auth, JSON; as above, and ?after=SEQ
//	GET    /_sim/access-history     every change of that, JSON lines
//	GET    /_sim/env                export lines for a shell; ?key=ACCESSKEYID ?region=
package ekssim
