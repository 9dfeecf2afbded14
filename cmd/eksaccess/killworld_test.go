package main

// A cluster whose plan needs every kind of write: 40 and more of them.
const killWorld = `
settings: {updateDuration: 1ms}
accounts:
  - id: "111122223333"
    roles:
      - eksaccess
      - {name: rebuilt, createdAt: 2026-06-01T00:00:00Z}
      - aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_0123456789abcdef
      - {bulk: {prefix: new, count: 6}}
clusters:
  - name: prod
    mode: API_AND_CONFIG_MAP
    bootstrap: false
    entries:
      - {principal: role/eksaccess, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": platform}}
      - {principal: role/boss1, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": platform}}
      - {principal: role/boss2, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": platform}}
      - {principal: role/demoted, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": platform}}
      - {principal: role/gone1, policies: [AmazonEKSViewPolicy], tags: {"eksaccess:owner": platform}}
      - {principal: role/gone2, groups: [g], tags: {"eksaccess:owner": platform}}
      - principal: role/moved
        groups: [g1, g2]
        username: old
        policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [n1, n2]}]
        tags: {"eksaccess:owner": platform, "eksaccess:reason": over, keep: me}
      - principal: role/narrowed
        policies: [AmazonEKSEditPolicy, {policy: AmazonEKSAdminPolicy, namespaces: [n1, n2]}]
        tags: {"eksaccess:owner": platform}
      - {principal: role/adopted, groups: [g], policies: [AmazonEKSViewPolicy]}
      - {principal: role/retyped, groups: [g], policies: [AmazonEKSViewPolicy], tags: {"eksaccess:owner": platform, theirs: kept}}
      - {principal: role/former, type: EC2_LINUX, tags: {"eksaccess:owner": platform, theirs: kept}}
      - principal: role/rebuilt
        createdAt: 2026-01-01T00:00:00Z
        boundTo: AROAFORMER
        policies: [AmazonEKSViewPolicy]
        tags: {"eksaccess:owner": platform, theirs: kept}
      - principal: role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_ffffffffffffffff
        orphan: true
        policies: [AmazonEKSViewPolicy]
        tags: {"eksaccess:owner": platform}
`

const killFile = `
apiVersion: eksaccess/v1
owner: platform
guards: {maxRemovals: 100%}
clusters:
  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/prod
    authenticationMode: API
    admins: [{role: eksaccess}, {role: new0001}, {role: new0002}]
    access:
      - {role: new0003, policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [n1]}], groups: [g], tags: {team: x}}
      - {role: new0004, policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [n1]}]}
      - {role: new0005, policies: [AmazonEKSViewPolicy, AmazonEKSEditPolicy], username: five}
      - {role: new0006, type: EC2_LINUX}
      - {role: demoted, policy: AmazonEKSViewPolicy}
      - {role: moved, groups: [g2, g3], username: new, policies: [AmazonEKSAdminViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [n2, n3]}]}
      - {role: narrowed, policies: [{policy: AmazonEKSEditPolicy, namespaces: [n1]}, {policy: AmazonEKSAdminPolicy, namespaces: [n1]}]}
      - {role: adopted, groups: [g, h], policy: AmazonEKSEditPolicy}
      - {role: retyped, type: EC2_LINUX}
      - {role: former, policies: [AmazonEKSViewPolicy, AmazonEKSEditPolicy]}
      - {role: rebuilt, policies: [AmazonEKSViewPolicy, AmazonEKSEditPolicy]}
      - {permissionSet: Dev, policies: [AmazonEKSViewPolicy, AmazonEKSEditPolicy]}
`

// killReplaced are those of it that the plan announces to replace.
var killReplaced = []string{
	"prod arn:aws:iam::111122223333:role/retyped",
	"prod arn:aws:iam::111122223333:role/former",
	"prod arn:aws:iam::111122223333:role/rebuilt",
}
