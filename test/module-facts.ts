import { parseSync } from "vite";

/** What a module takes from outside itself, read from its syntax tree. */
export type ModuleFacts = Readonly<{
  imports: readonly Imported[];
  /**
   * Uses of names that nothing in the module declares, with what is asked of them: `Date.now`, `new Date()` and
   * `new Date(…)` for one without and with arguments, `fetch` for anything else.
   */
  globals: readonly string[];
}>;

/**
 * `names` has `*` for a namespace, an `import()` or `export *`; none for an import of its effects. Types alone are gone when
 * the module runs.
 */
type Imported = Readonly<{ from: string; names: readonly string[]; onlyTypes: boolean }>;

type Node = Readonly<{ type: string; [field: string]: unknown }>;

/** Fields that hold only types, and those that hold names which are no references. */
const TYPES: ReadonlySet<string> = new Set([
  "typeAnnotation",
  "returnType",
  "typeParameters",
  "typeArguments",
  "superTypeArguments",
  "implements",
  "label",
]);

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;

const isFunction = ({ type }: Node): boolean =>
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type);

/** `export type`, `interface` and the like; `x as T` and `x!` are expressions around one. */
const isType = ({ type }: Node): boolean =>
  type.startsWith("TS") && !/^TS(As|Satisfies|NonNull|Instantiation)?Expression$/.test(type);

function childrenOf(node: Node): Node[] {
  const isKey =
    node.type === "MemberExpression" ? "property" : /Property|MethodDefinition/.test(node.type) ? "key" : "";
  return Object.entries(node)
    .filter(([field]) => !TYPES.has(field) && !(field === isKey && node["computed"] !== true))
    .flatMap(([, value]): unknown[] => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
    .filter((child) => !isType(child));
}

/** Reads TypeScript; throws where it cannot be parsed. */
export function factsOf(file: string, text: string): ModuleFacts {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const imports: Imported[] = [];
  const globals: string[] = [];

  const visit = (node: Node, bound: ReadonlySet<string>): void => {
    const imported = importedBy(node);
    if (imported) imports.push(...imported);
    if (/^(Import|ExportAll)Declaration$/.test(node.type) || (node.type === "ExportNamedDeclaration" && node["source"]))
      return;
    if (node.type === "MetaProperty") return;
    const inside = isFunction(node) ? new Set([...bound, "arguments", ...declaredIn(node)]) : bound;
    const use = useOf(node);
    if (use) {
      if (!bound.has(use.name)) globals.push(use.as);
      for (const child of childrenOf(node)) if (child !== use.identifier) visit(child, inside);
      return;
    }
    for (const child of childrenOf(node)) visit(child, inside);
  };
  const module = program as unknown as Node;
  visit(module, new Set(declaredIn(module)));
  return { imports, globals };
}

/** A reference to a name, and what is asked of it. */
function useOf(node: Node): { name: string; as: string; identifier: Node } | undefined {
  const identifierIn = (field: string): Node | undefined => {
    const value = node[field];
    return isNode(value) && value.type === "Identifier" ? value : undefined;
  };
  if (node.type === "Identifier") return { name: String(node["name"]), as: String(node["name"]), identifier: node };
  if (node.type === "MemberExpression" && node["computed"] !== true) {
    const identifier = identifierIn("object");
    const name = String(identifier?.["name"]);
    return identifier && { name, as: `${name}.${String((node["property"] as Node)["name"])}`, identifier };
  }
  if (node.type === "NewExpression") {
    const identifier = identifierIn("callee");
    const name = String(identifier?.["name"]);
    const given = (node["arguments"] as unknown[]).length > 0 ? "…" : "";
    return identifier && { name, as: `new ${name}(${given})`, identifier };
  }
  return undefined;
}

function importedBy(node: Node): Imported[] | undefined {
  const from = (node["source"] as Node | null | undefined)?.["value"];
  if (node.type === "ImportExpression")
    return [{ from: typeof from === "string" ? from : "(computed)", names: ["*"], onlyTypes: false }];
  if (typeof from !== "string") return undefined;
  const isOfTypes = (one: Node): boolean => one["importKind"] === "type" || one["exportKind"] === "type";
  if (node.type === "ExportAllDeclaration") return [{ from, names: ["*"], onlyTypes: isOfTypes(node) }];
  const all = node["specifiers"] as Node[];
  const values = isOfTypes(node) ? [] : all.filter((one) => !isOfTypes(one));
  return [{ from, names: values.map(nameOf), onlyTypes: isOfTypes(node) || (all.length > 0 && values.length === 0) }];
}

function nameOf(specifier: Node): string {
  if (specifier.type === "ImportDefaultSpecifier") return "default";
  if (specifier.type === "ImportNamespaceSpecifier") return "*";
  const name = (specifier.type === "ExportSpecifier" ? specifier["local"] : specifier["imported"]) as Node;
  return String(name["name"] ?? name["value"]);
}

/** Names that a function, or a module, declares at any depth of its own: parameters, variables, functions, imports. */
function declaredIn(scope: Node): string[] {
  const names: string[] = [];
  const pattern = (node: unknown): void => {
    if (!isNode(node)) return;
    if (node.type === "Identifier") names.push(String(node["name"]));
    else if (node.type === "AssignmentPattern") pattern(node["left"]);
    else if (node.type === "Property") pattern(node["value"]);
    else if (node.type === "RestElement") pattern(node["argument"]);
    else for (const child of [node["elements"], node["properties"]].flat()) pattern(child);
  };
  const collect = (node: Node): void => {
    if (/^(Function|Class)(Declaration|Expression)$/.test(node.type)) pattern(node["id"]);
    if (node.type === "VariableDeclarator") pattern(node["id"]);
    if (node.type === "CatchClause") pattern(node["param"]);
    if (node.type === "ImportDeclaration")
      for (const specifier of node["specifiers"] as Node[]) pattern(specifier["local"]);
    if (!isFunction(node)) for (const child of childrenOf(node)) collect(child);
  };
  if (isFunction(scope)) {
    pattern(scope["id"]);
    for (const parameter of scope["params"] as Node[]) pattern(parameter);
  }
  for (const child of childrenOf(scope)) collect(child);
  return names;
}
