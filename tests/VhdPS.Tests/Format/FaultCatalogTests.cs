using VhdPS.Engine.Format;


namespace VhdPS.Tests.Format;

public sealed class FaultCatalogTests
{
    [Fact]
    public void EveryFaultHasItsOwnFacts()
    {
        foreach (FaultCode code in Enum.GetValues<FaultCode>())
        {
            var expected = (FaultAttribute)typeof(FaultCode)
                .GetField(code.ToString())!.GetCustomAttributes(typeof(FaultAttribute), false).Single();
            FaultAttribute facts = FaultCatalog.Of(code);
            Assert.Equal((code, expected.Severity, expected.Effect, expected.IsRepairable), (
                code, facts.Severity, facts.Effect, facts.IsRepairable));
        }
    }

    [Fact]
    public void AFindingSaysPlaceFoundAndExpected()
    {
        var finding = new Finding(FaultCode.SizeZero, VhdStructure.Footer, 560, "more than 0", "0", "The disk has no sectors.");
        Assert.Equal("Footer at offset 560: The disk has no sectors. Found 0, expected more than 0.", finding.Describe());
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Equal("a.vhd: " + finding.Describe(), new VhdFormatException("a.vhd", finding).Message);
    }
}
