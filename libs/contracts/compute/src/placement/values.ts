import { closed, T } from '@virga/contract';

const UUID = '[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';

export const UuidText = T.String({ pattern: `^${UUID}$` });
/** The name of a resource class, trait or type of consumer. */
export const UpperName = T.String({ pattern: '^[A-Z0-9_]+$', minLength: 1, maxLength: 255 });
export const CustomName = T.String({ pattern: '^CUSTOM_[A-Z0-9_]+$', minLength: 1, maxLength: 255 });
export const MAX_AMOUNT = 2_147_483_647;
export const Generation = T.Integer({ minimum: 0, maximum: MAX_AMOUNT });

/** Amounts by resource class. */
export const Resources = T.Record(UpperName, T.Integer({ minimum: 1, maximum: MAX_AMOUNT }), { additionalProperties: false, minProperties: 1 });

const Amount = (minimum: 0 | 1) => T.Integer({ minimum, maximum: MAX_AMOUNT });

export const inventoryFields = {
  total: Amount(1), reserved: T.Optional(Amount(0)), min_unit: T.Optional(Amount(1)), max_unit: T.Optional(Amount(1)), step_size: T.Optional(Amount(1)),
  allocation_ratio: T.Optional(T.Number({ minimum: 0, maximum: 3.40282e38 })),
};
export const InventoryRecord = closed({ ...inventoryFields, resource_provider_generation: T.Optional(Generation) });
export const InventoryRecords = T.Record(UpperName, InventoryRecord, { additionalProperties: false });

export const InventoryView = T.Object({
  total: T.Integer(), reserved: T.Integer(), min_unit: T.Integer(), max_unit: T.Integer(), step_size: T.Integer(), allocation_ratio: T.Number(),
});

/** Several parameters of the same name. */
export const Repeatable = T.Union([T.String(), T.Array(T.String())]);
export const Links = T.Array(T.Object({ rel: T.String(), href: T.String() }));
