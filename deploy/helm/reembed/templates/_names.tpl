{{- define "reembed.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "reembed.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end }}

{{/* Who it is. Takes (dict "root" $ "part" "worker"). */}}
{{- define "reembed.selector" -}}
app.kubernetes.io/name: reembed
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "reembed.labels" -}}
{{ include "reembed.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "reembed.qdrantUrl" -}}
{{- if .Values.qdrant.enabled -}}
http://{{ include "reembed.name" . }}-qdrant:6333
{{- else -}}
{{ required "qdrant.url: say where Qdrant is, such as http://qdrant:6333, or set qdrant.enabled" .Values.qdrant.url }}
{{- end -}}
{{- end }}

{{/* A variable from a key of the secret. Takes (dict "root" $ "name" "REEMBED_TOKEN" "key" "token" "optional" true). */}}
{{- define "reembed.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.existingSecret }}
      key: {{ .key }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end }}

{{/* What every process reads. */}}
{{- define "reembed.env" -}}
- name: QDRANT_URL
  value: {{ include "reembed.qdrantUrl" .root | quote }}
{{ include "reembed.secretEnv" (dict "root" .root "name" "QDRANT_API_KEY" "key" "qdrant-api-key" "optional" (not .root.Values.qdrant.enabled)) }}
- name: REEMBED_CONFIG
  value: /config/reembed.config.yaml
- name: REEMBED_FILES
  value: /files
- name: REEMBED_MODELS
  value: /models
- name: REEMBED_LOG
  value: {{ .root.Values.logLevel | quote }}
{{- if .root.Values.traces.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .root.Values.traces.endpoint | quote }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .root.Values.traces.share | quote }}
{{- end }}
{{- end }}

{{/* What coordinators and workers read of the state they share. */}}
{{- define "reembed.sharedEnv" -}}
{{- if .root.Values.qdrant.grpcUrl }}
- name: QDRANT_GRPC_URL
  value: {{ .root.Values.qdrant.grpcUrl | quote }}
{{- end }}
{{- if .root.Values.redis.enabled }}
{{ include "reembed.secretEnv" (dict "root" .root "name" "REDIS_PASSWORD" "key" "redis-password") }}
- name: REDIS_URL
  value: "redis://:$(REDIS_PASSWORD)@{{ include "reembed.name" .root }}-redis:6379"
{{- else }}
{{ include "reembed.secretEnv" (dict "root" .root "name" "REDIS_URL" "key" "redis-url") }}
{{- end }}
- name: REEMBED_REDIS_PREFIX
  value: {{ .root.Values.redis.prefix | quote }}
{{- end }}

{{/* Metrics and health of what has no API of its own. */}}
{{- define "reembed.statusEnv" -}}
- name: REEMBED_STATUS_HOST
  value: 0.0.0.0
- name: REEMBED_STATUS_PORT
  value: "8767"
{{ include "reembed.secretEnv" (dict "root" .root "name" "REEMBED_STATUS_TOKEN" "key" "status-token") }}
{{- end }}

{{- define "reembed.podSecurity" -}}
# Nobody's on the node: nothing of the image is written, so whoever may read it will do.
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "reembed.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities:
  drop: [ALL]
{{- end }}

{{- define "reembed.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 1Gi
- name: config
  configMap:
    name: {{ include "reembed.name" .root }}
- name: files
  {{- if .root.Values.files.existingClaim }}
  persistentVolumeClaim:
    claimName: {{ .root.Values.files.existingClaim }}
    readOnly: true
  {{- else }}
  emptyDir: {}
  {{- end }}
- name: models
  {{- if .root.Values.models.existingClaim }}
  persistentVolumeClaim:
    claimName: {{ .root.Values.models.existingClaim }}
    readOnly: true
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end }}

{{- define "reembed.mounts" -}}
- { name: tmp, mountPath: /tmp }
- { name: config, mountPath: /config, readOnly: true }
- { name: files, mountPath: /files, readOnly: true }
- { name: models, mountPath: /models{{ if .root.Values.models.existingClaim }}, readOnly: true{{ end }} }
{{- end }}

{{/* What stands around the containers of each of the three. */}}
{{- define "reembed.pod" -}}
serviceAccountName: {{ include "reembed.name" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  {{- include "reembed.podSecurity" . | nindent 2 }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "reembed.podMeta" -}}
labels:
  {{- include "reembed.labels" . | nindent 2 }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  # Settings are read once: another configuration is another pod.
  checksum/config: {{ toJson .root.Values.config | sha256sum }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
