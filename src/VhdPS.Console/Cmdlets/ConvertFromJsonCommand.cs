using System.Management.Automation;
using System.Numerics;
using System.Text.Json;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsData.ConvertFrom, "Json")]
public sealed class ConvertFromJsonCommand : PSCmdlet
{
    private readonly List<string> _lines = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string InputObject { get; set; } = "";

    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    /// <summary>An array as one object instead of its elements.</summary>
    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    protected override void ProcessRecord() => _lines.Add(InputObject);

    protected override void EndProcessing()
    {
        object? value;
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                string.Join('\n', _lines), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            value = Convert(document.RootElement);
        }
        catch (JsonException e)
        {
            ThrowTerminatingError(new ErrorRecord(e, "InvalidJson", ErrorCategory.InvalidData, null));
            return;
        }

        WriteObject(value, enumerateCollection: !NoEnumerate && value is object?[]);
    }

    private object? Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object when AsHashtable => ConvertToTable(element),
        JsonValueKind.Object => ConvertToObject(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Convert).ToArray(),
        JsonValueKind.String => ConvertText(element),
        JsonValueKind.Number => ConvertNumber(element),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private OrderedDictionary<string, object?> ConvertToTable(JsonElement element)
    {
        var table = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            table[property.Name] = Convert(property.Value);
        }

        return table;
    }

    private PSObject ConvertToObject(JsonElement element)
    {
        var item = new PSObject();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            item.Properties.Remove(property.Name);
            item.Properties.Add(new PSNoteProperty(property.Name, Convert(property.Value)));
        }

        return item;
    }

    private static object ConvertText(JsonElement element)
    {
        string text = element.GetString()!;
        return text.Contains('T', StringComparison.Ordinal) && element.TryGetDateTime(out DateTime time) ? time : text;
    }

    private static object ConvertNumber(JsonElement element)
    {
        if (element.TryGetInt64(out long integer))
        {
            return integer;
        }

        return BigInteger.TryParse(element.GetRawText(), out BigInteger big) ? big : element.GetDouble();
    }
}
