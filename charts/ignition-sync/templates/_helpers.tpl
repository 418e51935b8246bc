{{- define "ignition-sync.labels" -}}
app.kubernetes.io/name: ignition-sync
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "ignition-sync.selector" -}}
app.kubernetes.io/name: ignition-sync
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ignition-sync.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* What the containers have in common: a process of the one image that writes nowhere but where it must. */}}
{{- define "ignition-sync.container" -}}
image: {{ include "ignition-sync.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "ignition-sync.temporalEnv" -}}
- { name: LOG_LEVEL, value: {{ .Values.logLevel | quote }} }
- { name: TEMPORAL_ADDRESS, value: {{ required "temporal.address is needed: host:port of the Temporal frontend" .Values.temporal.address | quote }} }
- { name: TEMPORAL_NAMESPACE, value: {{ .Values.temporal.namespace | quote }} }
- { name: TEMPORAL_TLS, value: {{ .Values.temporal.tls | quote }} }
{{- if .Values.temporal.apiKeySecret.name }}
- { name: TEMPORAL_API_KEY_FILE, value: /var/run/secrets/temporal/{{ .Values.temporal.apiKeySecret.key }} }
{{- end }}
{{- end }}

{{- define "ignition-sync.commonMounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if .Values.temporal.apiKeySecret.name }}
- { name: temporal, mountPath: /var/run/secrets/temporal, readOnly: true }
{{- end }}
{{- end }}

{{/* Of the C library: few arenas, and what is large goes back to the system at once. Large plans leave much behind otherwise. */}}
{{- define "ignition-sync.allocatorEnv" -}}
- { name: MALLOC_ARENA_MAX, value: "2" }
- { name: MALLOC_MMAP_THRESHOLD_, value: "65536" }
- { name: MALLOC_TRIM_THRESHOLD_, value: "131072" }
{{- end }}

{{/* Where the content store is: a bucket, or a folder on the volume. */}}
{{- define "ignition-sync.storeEnv" -}}
{{- with .Values.contentStore -}}
{{- if .url -}}
- { name: CONTENT_STORE_URL, value: {{ .url | quote }} }
- { name: CONTENT_STORE_REGION, value: {{ .region | quote }} }
{{- if .endpoint }}
- { name: CONTENT_STORE_ENDPOINT, value: {{ .endpoint | quote }} }
{{- end }}
{{- if ne (toString .pathStyle) "" }}
- { name: CONTENT_STORE_PATH_STYLE, value: {{ .pathStyle | quote }} }
{{- end }}
{{- if .caConfigMap.name }}
- { name: CONTENT_STORE_CA_FILE, value: /var/run/secrets/store-ca/{{ .caConfigMap.key }} }
{{- end }}
{{- if .keySecret.name }}
- { name: CONTENT_STORE_ACCESS_KEY_FILE, value: /var/run/secrets/store-key/{{ .keySecret.accessKeyId }} }
- { name: CONTENT_STORE_SECRET_KEY_FILE, value: /var/run/secrets/store-key/{{ .keySecret.secretAccessKey }} }
{{- end }}
{{- else -}}
- { name: CONTENT_STORE_DIR, value: /data/store }
{{- end }}
{{- end }}
{{- end }}

{{- define "ignition-sync.storeMounts" -}}
{{- if .Values.contentStore.keySecret.name }}
- { name: store-key, mountPath: /var/run/secrets/store-key, readOnly: true }
{{- end }}
{{- if .Values.contentStore.caConfigMap.name }}
- { name: store-ca, mountPath: /var/run/secrets/store-ca, readOnly: true }
{{- end }}
{{- end }}
