using System.Collections;
using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace VhdPS.Console.Cmdlets;

/// <summary>
/// One value of a -Property parameter: a name with wildcards, a script block, or a table with Name (or Label) and
/// Expression, the calculated property.
/// </summary>
internal sealed class PropertySelector
{
    private readonly PSPropertyExpression _expression;

    public PropertySelector(object property)
    {
        object value = property is PSObject wrapped ? wrapped.BaseObject : property;
        if (value is IDictionary table)
        {
            Name = Entry(table, "Name", "Label")?.ToString();
            IsDescending = LanguagePrimitives.IsTrue(Entry(table, "Descending"));
            value = Entry(table, "Expression") ?? throw new PSArgumentException("A calculated property needs an Expression.");
        }

        _expression = value is ScriptBlock script ? new PSPropertyExpression(script) : new PSPropertyExpression(value.ToString());
    }

    /// <summary>The name that a calculated property gives its value; null for the property's own.</summary>
    public string? Name { get; }

    public bool IsDescending { get; }

    /// <summary>The properties of an object that this selects, by name; a name that it has not yields null.</summary>
    public IEnumerable<(string Name, object? Value)> Select(PSObject item)
    {
        List<PSPropertyExpression> resolved = _expression.ResolveNames(item);
        if (resolved.Count == 0 && !_expression.HasWildCardCharacters)
        {
            resolved = [_expression];
        }

        return resolved.Select(property => (Name ?? property.ToString(), ValueOf(property, item)));
    }

    /// <summary>The first selected value.</summary>
    public object? ValueOf(PSObject item) => Select(item).FirstOrDefault().Value;

    private static object? ValueOf(PSPropertyExpression property, PSObject item) =>
        property.GetValues(item) is [{ Exception: null } result, ..] ? result.Result : null;

    /// <summary>A table's entry by any of its names or a beginning of one, such as N or E.</summary>
    private static object? Entry(IDictionary table, params string[] names) => table.Keys.OfType<string>()
        .Where(key => key.Length > 0 && names.Any(name => name.StartsWith(key, StringComparison.OrdinalIgnoreCase)))
        .Select(key => table[key] is PSObject wrapped ? wrapped.BaseObject : table[key])
        .FirstOrDefault();
}
