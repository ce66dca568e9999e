"""The plan of a section: what a run of it will do, computed once for runs and previews alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lib import connector
from lib.checkpoint import Checkpoint
from lib.config.sections import Section
from lib.connector import Connector, Projection
from lib.errors import TargetRefused, TargetUnavailable
from lib.mapping import layers
from lib.mapping.emptyvalues import omitted_if_empty
from lib.mapping.mapper import Mapper
from lib.mapping.mapping import FieldMapping, ServerMapping
from lib.mapping.objects import ObjectFields
from lib.recordfilter import RecordFilter, compile_filter
from lib.run.recordnames import RecordNames
from lib.target.target import Target, UploadPlan

NOT_READ = "The mapping in Oomnitza was not read, so only the built-in and local mappings are used"


@dataclass(frozen=True)
class SectionPlan:
    """Everything that is decided before the first record is read.

    `fields` are Oomnitza's, each with the layers that it comes from; `key_mapper` maps those alone
    that identify a record. `omitted` are the fields that are not sent where they are empty. `notes`
    are warnings for the administrator, as sentences.
    """

    section: Section
    source: Connector[Any]
    fields: dict[str, FieldMapping]
    mapper: Mapper
    key_mapper: Mapper
    record_filter: RecordFilter
    upload: UploadPlan
    omitted: tuple[str, ...]
    without_server: bool  # the mapping in Oomnitza is used, but could not be read
    notes: tuple[str, ...]

    @property
    def unmapped_sync_fields(self) -> list[str]:
        """The sync fields without a mapping; an upload is refused if there are any."""
        return layers.unmapped_sync_fields(self.source, self.fields)

    @property
    def key_fields(self) -> list[FieldMapping]:
        """The fields that identify a record."""
        return [self.fields[name] for name in self.upload.key_fields]

    @property
    def record_names(self) -> RecordNames:
        """The names by which messages tell the records apart."""
        return RecordNames(self.upload.key_fields, self.source.id_paths)

    def object_fields(self) -> ObjectFields:
        """Return a new search for fields that get objects instead of values."""
        built_in = self.source.default_mapping().values()
        expected = {attributes["source"] for attributes in built_in if "source" in attributes}
        return ObjectFields(self.fields.values(), expected)

    def projection(
        self, checkpoint: Checkpoint | None = None, *, all_fields: bool = False
    ) -> Projection:
        """Return what to request from the source: the paths that mapping and record filter read.

        That is everything where they may read anything, and with `all_fields`. Without a checkpoint
        a source is read from its beginning.
        """
        reads = (self.mapper.paths, self.record_filter.reads)
        return Projection(
            frozenset().union(*(paths or () for paths in reads)),
            everything=all_fields or None in reads,
            checkpoint=checkpoint or Checkpoint(),
        )


def make_plan(section: Section, target: Target | None, *, strict: bool) -> SectionPlan:
    """Compute the plan of a section; `target` is asked for the mapping that it stores.

    `strict` is for what is to be sent: raises SignInError, TargetUnavailable or TargetRefused where
    the target does not answer. A preview goes on without its mapping then, and signs in only if the
    section uses that; without a `target` nothing is asked. Raises ConfigurationError for a mapping
    that cannot be.
    """
    source: Connector[Any] = connector.load_connector(section.connector)(section.settings)
    server, missing = _server_mapping(section, source, target, strict=strict)
    fields = layers.effective_mapping(source, section.mapping, server)
    upload = UploadPlan.of(source, fields)
    keys = [fields[name] for name in upload.key_fields]
    locations = target.locations if target else None
    return SectionPlan(
        section=section,
        source=source,
        fields=fields,
        mapper=Mapper(
            fields.values(), section.settings, replace(section.resources, locations=locations)
        ),
        key_mapper=Mapper(keys, section.settings, section.resources),
        record_filter=compile_filter(section.recordfilter),
        upload=upload,
        omitted=omitted_if_empty(fields.values()),
        without_server=bool(missing),
        notes=(*filter(None, [missing]), *layers.doubly_mapped(server, section.mapping)),
    )


def _server_mapping(
    section: Section, source: Connector[Any], target: Target | None, *, strict: bool
) -> tuple[ServerMapping, str]:
    """The mapping that the target stores, if it is used, and a warning if it was not read."""
    used = section.settings.use_server_map
    try:
        if target and (strict or used):
            target.sign_in()
        if target and used:
            return target.server_mapping(source.mapping_name), ""
    except (TargetUnavailable, TargetRefused) as error:
        if strict:
            raise
        return {}, f"{NOT_READ}: {error}"
    return {}, f"{NOT_READ}." if used else ""
