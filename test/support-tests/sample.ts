// A small set of objects in which no checker finds a problem, and a way to plant one.
import { idOf, type Manifest, parse } from '../support/manifests';

const security = `
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: { drop: [ALL] }
            readOnlyRootFilesystem: true`;

const podSecurity = `
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        seccompProfile: { type: RuntimeDefault }`;

const yaml = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  app.yaml: "answer: 42"
  run.sh: exec app
---
apiVersion: v1
kind: Service
metadata:
  name: app
spec:
  selector: { component: app }
  ports:
    - { name: grpc, port: 19530, protocol: TCP, targetPort: grpc }
    - { name: http, port: 80, protocol: TCP, targetPort: 8080 }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels: { component: app }
spec:
  selector: { matchLabels: { component: app } }
  strategy: { type: Recreate }
  template:
    metadata:
      annotations: { checksum/config: abc }
      labels: { component: app }
    spec:${podSecurity}
      initContainers:
        - name: prepare
          image: registry.example.com:5000/tools/app:1.0${security}
          volumeMounts: [{ name: scratch, mountPath: /scratch }]
      containers:
        - name: app
          image: example/app:1.1.1-cpu@sha256:${'0123456789abcdef'.repeat(4)}${security}
          env:
            - { name: LEVEL, value: warning }
            - { name: PASSWORD, valueFrom: { secretKeyRef: { name: credentials, key: password } } }
            - { name: ANSWER, valueFrom: { configMapKeyRef: { name: app, key: app.yaml } } }
          ports:
            - { name: grpc, containerPort: 19530 }
            - { name: http, containerPort: 8080 }
          readinessProbe: { tcpSocket: { port: grpc }, periodSeconds: 5 }
          livenessProbe: { httpGet: { path: /state, port: 8080 } }
          lifecycle: { preStop: { exec: { command: [sleep, "5"] } } }
          resources:
            requests: { cpu: 500m, memory: 1Gi }
            limits: { cpu: "1", memory: 1Gi }
          volumeMounts:
            - { name: config, mountPath: /etc/app/app.yaml, subPath: app.yaml }
            - { name: scratch, mountPath: /scratch }
      volumes:
        - { name: config, configMap: { name: app, items: [{ key: app.yaml, path: app.yaml, mode: 292 }] } }
        - { name: scratch, emptyDir: { medium: Memory, sizeLimit: 16Mi } }
      nodeSelector: { kubernetes.io/arch: amd64 }
      tolerations: [{ key: dedicated, operator: Equal, value: milvus, effect: NoSchedule }]
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { component: app } }
---
apiVersion: v1
kind: Service
metadata:
  name: db-headless
spec:
  clusterIP: None
  selector: { component: db }
  ports: [{ name: mysql, port: 3306, protocol: TCP, targetPort: mysql }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db-headless
  replicas: 1
  selector: { matchLabels: { component: db } }
  template:
    metadata:
      labels: { component: db }
    spec:${podSecurity}
      containers:
        - name: mysql
          image: mysql:5.7.44${security}
          ports: [{ name: mysql, containerPort: 3306 }]
          volumeMounts: [{ name: data, mountPath: /var/lib/mysql }]
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: { name: data, creationTimestamp: null }
      spec:
        accessModes: [ReadWriteOnce]
        resources: { requests: { storage: 4Gi } }
        volumeMode: Filesystem
      status: { phase: Pending }
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: backup
spec:
  schedule: "30 2 * * *"
  jobTemplate:
    spec:
      template:
        metadata:
          labels: { component: backup }
        spec:${podSecurity.replaceAll('\n', '\n    ')}
          serviceAccountName: backup
          restartPolicy: Never
          containers:
            - name: backup
              image: mysql:5.7.44${security.replaceAll('\n', '\n    ')}
              volumeMounts: [{ name: copies, mountPath: /copies }]
          volumes: [{ name: copies, persistentVolumeClaim: { claimName: copies } }]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: copies
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 20Gi } }
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: backup
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: backup
rules: [{ apiGroups: [""], resources: [pods], verbs: [get, list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: backup
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: backup }
subjects: [{ kind: ServiceAccount, name: backup, namespace: milvus }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
spec:
  maxUnavailable: 1
  selector: { matchLabels: { component: app } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: app }
  minReplicas: 1
  maxReplicas: 3
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } } }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: app
spec:
  podSelector: { matchLabels: { component: app } }
  policyTypes: [Ingress, Egress]
  ingress: [{ ports: [{ port: 19530, protocol: TCP }] }]
  egress:
    - to: [{ podSelector: { matchLabels: { component: db } } }]
      ports: [{ port: 3306, protocol: TCP }]
    - to: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }]
`;

export const sample: readonly Manifest[] = parse(yaml);
export const external = ['Secret/credentials'];

/** A defect: where (kind/name and a path, list indexes as numbers), the value to put there, and what must be found. */
export type Defect = readonly [id: string, path: string, value: unknown, problem: string];

/** The sample with one value changed; undefined removes it. */
export function withDefect([id, path, value]: Defect): Manifest[] {
  return sample.map((manifest) =>
    idOf(manifest) === id ? changed(manifest, path.split('|'), value) : manifest,
  );
}

function changed<T>(target: T, [step = '', ...rest]: readonly string[], value: unknown): T {
  const copy: unknown = Array.isArray(target) ? [...target] : { ...target };
  const slot = copy as Record<string, unknown>;
  if (rest.length > 0) slot[step] = changed(slot[step], rest, value);
  else if (value === undefined) delete slot[step];
  else slot[step] = value;
  return copy as T;
}

/** Paths in the sample that many defects share. */
export const pod = 'spec|template|spec';
export const container = `${pod}|containers|0`;

/** One test per defect: the checker reports it, and names the object. */
export function catches(
  defects: readonly Defect[],
  check: (manifests: readonly Manifest[]) => string[],
): void {
  for (const defect of defects) {
    const [id, path, value, problem] = defect;
    test(`${id} ${path} = ${JSON.stringify(value)?.slice(0, 60)}`, () => {
      const found = check(withDefect(defect));
      expect(found).toContainEqual(expect.stringContaining(problem));
      expect(found.join('\n')).toContain(id);
    });
  }
}
