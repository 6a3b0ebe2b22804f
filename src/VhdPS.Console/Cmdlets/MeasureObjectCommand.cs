using System.Globalization;
using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsDiagnostic.Measure, "Object")]
public sealed class MeasureObjectCommand : PSCmdlet
{
    private long _count;
    private double _sum;
    private object? _minimum;
    private object? _maximum;

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public string? Property { get; set; }

    [Parameter]
    public SwitchParameter Sum { get; set; }

    [Parameter]
    public SwitchParameter Average { get; set; }

    [Parameter]
    public SwitchParameter Minimum { get; set; }

    [Parameter]
    public SwitchParameter Maximum { get; set; }

    protected override void ProcessRecord()
    {
        object? value = Property is null ? InputObject?.BaseObject : InputObject?.Properties[Property]?.Value;
        if (value is null)
        {
            return;
        }

        _count++;
        if (Sum || Average)
        {
            AddToSum(value);
        }

        _minimum = _minimum is null || Compare(value, _minimum) < 0 ? value : _minimum;
        _maximum = _maximum is null || Compare(value, _maximum) > 0 ? value : _maximum;
    }

    protected override void EndProcessing()
    {
        WriteObject(ViewedObject.Create(
            "GenericMeasureInfo",
            ("Count", _count),
            ("Average", Average && _count > 0 ? _sum / _count : null),
            ("Sum", Sum ? _sum : null),
            ("Maximum", Maximum ? _maximum : null),
            ("Minimum", Minimum ? _minimum : null),
            ("Property", Property)));
    }

    private static int Compare(object left, object right) =>
        LanguagePrimitives.Compare(left, right, ignoreCase: true, CultureInfo.CurrentCulture);

    private void AddToSum(object value)
    {
        if (LanguagePrimitives.TryConvertTo(value, out double number))
        {
            _sum += number;
        }
        else
        {
            var notNumeric = new PSInvalidCastException($"{value} is not a number.");
            WriteError(new ErrorRecord(notNumeric, "NonNumericInputObject", ErrorCategory.InvalidType, value));
        }
    }
}
