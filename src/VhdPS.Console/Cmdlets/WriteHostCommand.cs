using System.Collections;
using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommunications.Write, "Host")]
public sealed class WriteHostCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromRemainingArguments = true)]
    public object? Object { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    [Parameter]
    public string Separator { get; set; } = " ";

    [Parameter]
    public ConsoleColor? ForegroundColor { get; set; }

    [Parameter]
    public ConsoleColor? BackgroundColor { get; set; }

    protected override void ProcessRecord()
    {
        var message = new HostInformationMessage
        {
            Message = TextOf(Object),
            NoNewLine = NoNewline,
            ForegroundColor = ForegroundColor,
            BackgroundColor = BackgroundColor,
        };
        // The tag tells the engine to show it at once, whatever $InformationPreference says.
        WriteInformation(message, ["PSHOST"]);
    }

    private string TextOf(object? value) => value switch
    {
        null => "",
        string text => text,
        PSObject { BaseObject: string or IEnumerable } wrapped => TextOf(wrapped.BaseObject),
        IEnumerable list => string.Join(Separator, list.Cast<object?>().Select(TextOf)),
        _ => LanguagePrimitives.ConvertTo<string>(value),
    };
}
