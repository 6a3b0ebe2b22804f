using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Get, "Random")]
public sealed class GetRandomCommand : PSCmdlet
{
    [Parameter(Position = 0)]
    public long Maximum { get; set; } = int.MaxValue;

    [Parameter]
    public long Minimum { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 1;

    /// <summary>The same seed gives the same numbers.</summary>
    [Parameter]
    public int? SetSeed { get; set; }

    protected override void ProcessRecord()
    {
        if (Minimum >= Maximum)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException($"The minimum {Minimum} is not less than the maximum {Maximum}."),
                "MinGreaterThanOrEqualMax",
                ErrorCategory.InvalidArgument,
                null));
        }

        Random random = SetSeed is { } seed ? new Random(seed) : Random.Shared;
        for (int i = 0; i < Count; i++)
        {
            long number = random.NextInt64(Minimum, Maximum);
            WriteObject(number is >= int.MinValue and <= int.MaxValue ? (int)number : number);
        }
    }
}
